// SPDX-License-Identifier: GPL-2.0-or-later
// What each kind of fact means, in both directions: enum wp_fact_kind in abi.h.
#include "wakepath/facts.hpp"

#include <algorithm>
#include <array>

#include "record/fact_record.hpp"

namespace wakepath {

namespace {

using record::FactRecord;

// A file may hold longer ones, and each wake repeats them. libvirt and Kubernetes allow names of
// this length.
constexpr std::size_t kLongestName = 255;
// Of a list of CPUs.
constexpr std::size_t kLongestList = 1024;

// In the order of the fact's strings, from the second on.
constexpr std::array kIrqTexts{&Interrupt::device,   &Interrupt::queue,    &Interrupt::bus,
                               &Interrupt::address,  &Interrupt::driver,   &Interrupt::description,
                               &Interrupt::given_to, &Interrupt::affinity, &Interrupt::effective};

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
std::uint32_t high(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32U); }
std::uint64_t both(std::uint32_t lower, std::uint32_t upper) {
  return lower | std::uint64_t{upper} << 32U;
}

FactRecord record_of(const UnknownFact& /*fact*/) { return {}; }

FactRecord record_of(const HostFact& fact) {
  return {WP_FACT_HOST,
          {fact.cpus, fact.counter_hz, fact.bg_timer_offset, fact.realtime_offset_ns},
          {fact.kernel, fact.arch, fact.wakepath, fact.options}};
}

FactRecord record_of(const EventFact& fact) {
  return {WP_FACT_EVENT, {fact.enabled ? 1U : 0U}, {fact.event, fact.reason}};
}

FactRecord record_of(const VmFact& fact) {
  return {WP_FACT_VM, {fact.key, fact.tgid, fact.since_ns}, {fact.name}};
}

FactRecord record_of(const VcpuFact& fact) {
  return {WP_FACT_VCPU_SINCE,
          {both(fact.tid, fact.index), both(fact.vm, fact.state), fact.kvm_vcpu, fact.since_ns},
          {fact.thread}};
}

FactRecord record_of(const IrqFact& fact) {
  const Interrupt& interrupt = fact.interrupt;
  const std::uint64_t managed = !interrupt.managed   ? 0
                                : *interrupt.managed ? WP_IRQ_MANAGEMENT_KNOWN | WP_IRQ_MANAGED
                                                     : WP_IRQ_MANAGEMENT_KNOWN;
  FactRecord record{WP_FACT_IRQ, {fact.action, interrupt.irq, managed}, {interrupt.action}};
  for (const auto text : kIrqTexts) {
    record.strings.push_back(interrupt.*text);
  }
  return record;
}

FactRecord record_of(const SymbolFact& fact) {
  return {WP_FACT_SYMBOL, {fact.address}, {fact.name}};
}

FactRecord record_of(const ProgramFact& fact) {
  return {WP_FACT_PROGRAM, {fact.runs, fact.run_time_ns, fact.misses}, {fact.name}};
}

FactRecord record_of(const CaptureFact& fact) {
  return {WP_FACT_CAPTURE,
          {fact.ring_bytes, fact.poll_ns, fact.hold_back_ns, fact.naming_attempts},
          {}};
}

FactRecord record_of(const NoticeFact& fact) {
  return {WP_FACT_NOTICE, {fact.advice, fact.detail}, {fact.text}};
}

FactRecord record_of(const ClockFact& fact) {
  return {WP_FACT_CLOCK, {fact.counter, fact.monotonic_ns, fact.width_ns}, {}};
}

FactRecord record_of(const CostFact& fact) {
  return {WP_FACT_COST,
          {fact.elapsed_ns, fact.runs, fact.run_ps, fact.reader_ns},
          {fact.sampled ? "sampled" : "counted"}};
}

FactRecord record_of(const HostFileFact& fact) {
  FactRecord record{WP_FACT_HOST_FILE, {fact.type, fact.mode, fact.record, fact.records}, {}};
  record.strings.push_back(fact.name);
  record.strings.insert(record.strings.end(), fact.pieces.begin(), fact.pieces.end());
  return record;
}

FactRecord record_of(const TraceFact& fact) {
  return {WP_FACT_TRACE,
          {fact.resolution_ns, fact.untimed ? WP_TRACE_UNTIMED : 0U},
          {fact.form, fact.clock}};
}

FactRecord record_of(const ThreadFact& fact) { return {WP_FACT_THREAD, {fact.tid}, {fact.name}}; }

FactRecord record_of(const TriggerFact& fact) {
  return {WP_FACT_TRIGGER, {fact.before_ns, fact.after_ns}, fact.conditions};
}

constexpr std::uint32_t kNoIndex = UINT32_MAX;

FactRecord record_of(const BreachFact& fact) {
  return {WP_FACT_BREACH,
          {fact.at_ns, static_cast<std::uint64_t>(fact.kind), fact.begin_ns,
           both(fact.tid, fact.vcpu.value_or(kNoIndex))},
          {fact.condition, fact.vm, fact.path, fact.measured}};
}

FactRecord record_of(const TimeOfDayFact& fact) {
  return {WP_FACT_TIME_OF_DAY, {fact.realtime_offset_ns, fact.since_ns}, {}};
}

Fact breach_of(const FactRecord& record) {
  const auto& value = record.value;
  if (value[1] > WP_BREACH_SIGNAL) {
    return UnknownFact{};
  }
  BreachFact fact;
  fact.kind = static_cast<BreachFact::Kind>(value[1]);
  fact.at_ns = value[0];
  fact.begin_ns = value[2];
  fact.tid = low(value[3]);
  if (high(value[3]) != kNoIndex) {
    fact.vcpu = high(value[3]);
  }
  fact.condition = record.text(0);
  fact.vm = record.text(1);
  fact.path = record.text(2);
  fact.measured = record.text(3);
  return fact;
}

IrqFact irq_of(const FactRecord& record) {
  IrqFact fact{record.value[0], {}};
  Interrupt& interrupt = fact.interrupt;
  interrupt.irq = low(record.value[1]);
  interrupt.action = record.text(0).substr(0, kLongestName);
  for (std::size_t i = 0; i < kIrqTexts.size(); ++i) {
    const std::string& text = record.text(i + 1);
    // A list of CPUs that is cut would be another list.
    const bool list = i + 2 >= kIrqTexts.size();
    interrupt.*kIrqTexts[i] = !list                         ? text.substr(0, kLongestName)
                              : text.size() <= kLongestList ? text
                                                            : "";
  }
  if ((record.value[2] & WP_IRQ_MANAGEMENT_KNOWN) != 0) {
    interrupt.managed = (record.value[2] & WP_IRQ_MANAGED) != 0;
  }
  return fact;
}

Fact host_file_of(FactRecord& record) {
  const auto& value = record.value;
  if (value[0] > WP_HOST_LINK) {
    return UnknownFact{};
  }
  HostFileFact fact{
      static_cast<wp_host_file>(value[0]), low(value[1]), value[2], value[3], record.text(0), {}};
  if (!record.strings.empty()) {
    record.strings.erase(record.strings.begin());
    fact.pieces = std::move(record.strings);
  }
  return fact;
}

Fact trigger_of(FactRecord& record) {
  auto& conditions = record.strings;
  std::erase_if(conditions,
                [](const auto& one) { return one.size() > TriggerFact::kLongestCondition; });
  conditions.resize(std::min(conditions.size(), TriggerFact::kMostConditions));
  return TriggerFact{record.value[0], record.value[1], std::move(conditions)};
}

Fact fact_of(FactRecord& record) {
  const auto& value = record.value;
  const auto text = [&record](std::size_t index) { return record.text(index); };
  const auto name = [&record](std::size_t index) {
    return record.text(index).substr(0, kLongestName);
  };
  switch (record.kind) {
    case WP_FACT_HOST:
      return HostFact{value[0], value[1], value[2], value[3], text(0), text(1), text(2), text(3)};
    case WP_FACT_EVENT:
      return EventFact{value[0] != 0, name(0), text(1)};
    case WP_FACT_VM:
      return VmFact{low(value[0]), low(value[1]), value[2], name(0)};
    case WP_FACT_VCPU:
      return VcpuFact{low(value[0]), low(value[2]), low(value[1]), 0, value[3], 0, name(0)};
    case WP_FACT_VCPU_SINCE:
      return VcpuFact{low(value[0]), high(value[0]), low(value[1]), high(value[1]),
                      value[2],      value[3],       name(0)};
    case WP_FACT_IRQ:
      return irq_of(record);
    case WP_FACT_SYMBOL:
      return SymbolFact{value[0], name(0)};
    case WP_FACT_PROGRAM:
      return ProgramFact{name(0), value[0], value[1], value[2]};
    case WP_FACT_CAPTURE:
      return CaptureFact{value[0], value[1], value[2], value[3]};
    case WP_FACT_NOTICE: {
      const bool known = value[0] <= WP_ADVICE_LOSS_UNCOUNTED;
      return NoticeFact{known ? static_cast<wp_advice>(value[0]) : WP_ADVICE_OTHER, value[1],
                        text(0)};
    }
    case WP_FACT_CLOCK:
      return ClockFact{value[0], value[1], value[2]};
    case WP_FACT_COST:
      return CostFact{value[0], value[1], value[2], value[3], text(0) == "sampled"};
    case WP_FACT_HOST_FILE:
      return host_file_of(record);
    case WP_FACT_TRACE:
      return TraceFact{value[0], (value[1] & WP_TRACE_UNTIMED) != 0, text(0), text(1)};
    case WP_FACT_THREAD:
      return ThreadFact{low(value[0]), name(0)};
    case WP_FACT_TRIGGER:
      return trigger_of(record);
    case WP_FACT_BREACH:
      return breach_of(record);
    case WP_FACT_TIME_OF_DAY:
      return TimeOfDayFact{value[0], value[1]};
    default:
      return UnknownFact{};
  }
}

}  // namespace

std::vector<std::byte> encode(const Fact& fact) {
  return std::visit([](const auto& one) { return record::encode(record_of(one)); }, fact);
}

Result<Fact> decode_fact(RecordView view) {
  auto record = record::decode_fact_record(view);
  if (!record) {
    return tl::unexpected(record.error());
  }
  return fact_of(*record);
}

}  // namespace wakepath
