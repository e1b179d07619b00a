// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/ipi_reasons.hpp"
#include "import/text/bodies.hpp"
#include "import/text/fields.hpp"

namespace wakepath::foreign::text {

namespace {

Body in_brackets(Fields& fields, TraceEvent& event) {
  if (!fields.skip("(") || !fields.rest().ends_with(')')) {
    return Body::unreadable;
  }
  event.payload.ipi = {ipi_reason_in(fields.rest()), 0};
  return Body::event;
}

}  // namespace

// irq=13 name=arch_timer
Body irq_entry(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_irq irq{};
  if (!fields.skip("irq=") || !fields.number(irq.irq) || !fields.skip(" name=")) {
    return Body::unreadable;
  }
  event.payload.irq = irq;
  event.name = fields.rest();
  return Body::event;
}

// irq=13 ret=handled
Body irq_exit(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_irq irq{};
  if (!fields.skip("irq=") || !fields.number(irq.irq) || !fields.skip(" ret=")) {
    return Body::unreadable;
  }
  // IRQ_HANDLED is 1, IRQ_WAKE_THREAD 2; the text has only "handled" for both.
  if (fields.rest() != "handled" && fields.rest() != "unhandled") {
    return Body::unreadable;
  }
  irq.ret = fields.rest() == "handled" ? 1 : 0;
  event.payload.irq = irq;
  return Body::event;
}

// vector=236
Body vector(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_vector vector{};
  if (!fields.skip("vector=") || !fields.number(vector.vector) || !fields.at_end()) {
    return Body::unreadable;
  }
  event.payload.vector = vector;
  return Body::event;
}

// target_mask=00000000,00000002 (Rescheduling interrupts)
Body ipi_raise(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  std::string_view mask;
  if (!fields.skip("target_mask=") || !fields.word(mask) || !fields.skip(" ")) {
    return Body::unreadable;
  }
  return in_brackets(fields, event);
}

// (Rescheduling interrupts)
Body ipi_handler(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  return in_brackets(fields, event);
}

// cpu=1 callsite=ttwu_queue_wakelist+0x148 callback=0x0
Body ipi_send(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_ipi ipi{};
  if (!fields.skip("cpu=") || !fields.number(ipi.cpu) || !fields.skip(" callsite=")) {
    return Body::unreadable;
  }
  event.payload.ipi = ipi;
  return Body::event;
}

// vec=7 [action=SCHED]
Body softirq(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_softirq softirq{};
  if (!fields.skip("vec=") || !fields.number(softirq.vector) || !fields.skip(" [action=")) {
    return Body::unreadable;
  }
  event.payload.softirq = softirq;
  return Body::event;
}

// state=4294967295 cpu_id=1
Body cpu_idle(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_cpu_idle idle{};
  std::uint32_t cpu = 0;
  if (!fields.skip("state=") || !fields.number(idle.state) || !fields.skip(" cpu_id=") ||
      !fields.number(cpu) || !fields.at_end()) {
    return Body::unreadable;
  }
  event.payload.cpu_idle = idle;
  return Body::event;
}

}  // namespace wakepath::foreign::text
