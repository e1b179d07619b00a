// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/bodies.hpp"
#include "import/text/fields.hpp"
#include "record/x86_exits.hpp"

namespace wakepath::foreign::text {

namespace {

// trace-cmd's plugin knows x86's fields alone, and complains before it prints an arm64 event:
// "CAN'T FIND FIELD "vcpu_id"<CANT FIND FIELD rip>PC: 0x0000000040000000".
std::string_view without_complaint(std::string_view text) {
  constexpr std::string_view kComplaint = "FIND FIELD ";
  const std::size_t last = text.rfind(kComplaint);
  const std::size_t end = last == std::string_view::npos ? last : text.find('>', last);
  return end == std::string_view::npos ? text : text.substr(end + 1);
}

// ARM_EXCEPTION_* of arch/arm64/include/asm/kvm_asm.h. 4.14 prints all but IRQ as a number.
bool arm64_code(std::string_view word, std::int32_t& out) {
  if (word == "IRQ") {
    out = 0;
  } else if (word == "SERROR") {
    out = 1;
  } else if (word == "TRAP") {
    out = 2;
  } else if (word == "ILLEGAL") {
    out = 3;
  } else if (word == "HYP_GONE") {
    out = 0xbadca11;
  } else {
    Fields fields(word);
    std::uint64_t number = 0;
    if (!fields.hex(number) || !fields.at_end()) {
      return false;
    }
    out = static_cast<std::int32_t>(number & 0x7fffffffU);
  }
  return true;
}

// TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0000000040000004
bool arm64_exit(std::string_view text, wp_kvm_exit& exit, std::uint64_t& pc) {
  Fields fields(text);
  std::string_view code;
  std::uint64_t exception_class = 0;
  if (!fields.until(": ", code) || !arm64_code(code, exit.ret) ||
      (!fields.skip("HSR_EC: ") && !fields.skip("ESR_EC: ")) || !fields.hex(exception_class) ||
      !fields.skip_past(", PC: ")) {
    return false;
  }
  fields.hex(pc);
  constexpr std::int32_t kTrap = 2;
  exit.esr_ec = exit.ret == kTrap ? static_cast<std::uint32_t>(exception_class) : 0;
  return true;
}

// reason HLT rip 0xffffffff810 info 0 0; from 5.10 on (RHEL: earlier) "vcpu 0 reason HLT rip ..."
bool x86_exit(std::string_view text, wp_kvm_exit& exit, std::uint64_t& pc) {
  Fields fields(text);
  std::uint32_t vcpu = 0;
  std::string_view reason;
  if (fields.skip("vcpu ") && (!fields.number(vcpu) || !fields.skip(" "))) {
    return false;
  }
  if (!fields.skip("reason ") || !fields.until(" rip ", reason)) {
    return false;
  }
  fields.hex(pc);
  const record::X86Exit known = record::x86_exit(reason);
  exit.ret = known.number;
  exit.esr_ec = known.vendor;
  return true;
}

}  // namespace

// arm64: PC: 0x40000084; x86: vcpu 0, before 5.10, then "vcpu 0, rip 0xffffffff81e0e0cb"
Body kvm_entry(std::string_view text, TraceEvent& event) {
  Fields fields(without_complaint(text));
  wp_kvm_entry entry{};
  std::uint32_t vcpu = 0;
  fields.skip_spaces();
  const bool arm64 = fields.skip("PC: ") && fields.hex(entry.pc);
  if (!arm64) {
    if (!fields.skip("vcpu ") || !fields.number(vcpu)) {
      return Body::unreadable;
    }
    event.vcpu = vcpu;
    if (fields.skip(", rip ") || fields.skip(" rip=")) {
      fields.hex(event.guest_pc);
    }
  } else {
    event.guest_pc = entry.pc;
  }
  event.payload.kvm_entry = entry;
  return Body::event;
}

Body kvm_exit(std::string_view text, TraceEvent& event) {
  wp_kvm_exit exit{};
  const bool arm64 = arm64_exit(without_complaint(text), exit, event.guest_pc);
  if (!arm64 && !x86_exit(text, exit, event.guest_pc)) {
    return Body::unreadable;
  }
  event.payload.kvm_exit = exit;
  event.x86 = !arm64;
  return Body::event;
}

// wait time 10433312 ns, polling valid
Body kvm_vcpu_wakeup(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_kvm_vcpu_wakeup wakeup{};
  const bool waited = fields.skip("wait");
  if ((!waited && !fields.skip("poll")) || !fields.skip(" time ") ||
      !fields.number(wakeup.wait_ns) || !fields.skip(" ns")) {
    return Body::unreadable;
  }
  wakeup.waited = waited ? 1 : 0;
  wakeup.valid = fields.rest() == ", polling valid" ? 1 : 0;
  event.payload.vcpu_wakeup = wakeup;
  return Body::event;
}

// VCPU: 0, IRQ 27, level 1
Body kvm_timer_update_irq(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_kvm_timer_update_irq update{};
  if (!fields.skip("VCPU: ") || !fields.number(update.vcpu_id) || !fields.skip(", IRQ ") ||
      !fields.number(update.irq) || !fields.skip(", level ") || !fields.number(update.level)) {
    return Body::unreadable;
  }
  event.payload.timer_irq = update;
  return Body::event;
}

//    CTL: 0x000001 CVAL:         0xb32e16 arch_timer_ctx_index: 1
Body kvm_timer_context(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_kvm_timer_context context{};
  fields.skip_spaces();
  if (!fields.skip("CTL: ") || !fields.hex(context.ctl) || !fields.skip(" CVAL: ")) {
    return Body::unreadable;
  }
  fields.skip_spaces();
  if (!fields.hex(context.cval) || !fields.skip(" arch_timer_ctx_index: ")) {
    return Body::unreadable;
  }
  event.payload.timer_context = context;
  return Body::event;
}

// reason KVM_EXIT_MMIO (6); reason restart (4); reason error (14): the latter two are an errno
Body kvm_userspace_exit(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  wp_kvm_userspace_exit exit{};
  std::string_view reason;
  std::int32_t number = 0;
  if (!fields.skip("reason ") || !fields.until(" (", reason) || !fields.number(number) ||
      !fields.skip(")") || number < 0) {
    return Body::unreadable;
  }
  if (reason == "restart" || reason == "error") {
    exit.error = -number;
  } else {
    exit.reason = static_cast<std::uint32_t>(number);
  }
  event.payload.userspace_exit = exit;
  return Body::event;
}

}  // namespace wakepath::foreign::text
