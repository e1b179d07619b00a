// SPDX-License-Identifier: GPL-2.0-or-later
#include "wakepath/facts.hpp"

#include "record/fact_record.hpp"
#include "record_bytes.hpp"

namespace wakepath::record::testing {

// The fact after a way through its record.
template <typename T>
T round_trip(const T& fact) {
  const RawBytes bytes = wakepath::encode(fact);
  EXPECT_EQ(bytes.size() % 8, 0U);
  const auto back = decode_fact(view(bytes));
  EXPECT_TRUE(back && std::holds_alternative<T>(*back));
  return std::get<T>(*back);
}

Fact decoded(const FactRecord& record) { return decode_fact(view(encode(record))).value(); }

Interrupt eth1() {
  return {57,        "eth1-rx-1",    "eth1", "rx-1",
          "pci",     "0000:04:00.0", "igc",  "PCI device 8086:125c",
          "web\x1b", "0-3",          "2",    true};
}

TEST(Facts, OfTheHostComesBack) {
  const auto host = round_trip(HostFact{4, 5, 6, 7, "6.1", "aarch64", "0.1", "live -d 3s"});
  EXPECT_EQ(host.cpus, 4U);
  EXPECT_EQ(host.counter_hz, 5U);
  EXPECT_EQ(host.bg_timer_offset, 6U);
  EXPECT_EQ(host.realtime_offset_ns, 7U);
  EXPECT_EQ(host.kernel, "6.1");
  EXPECT_EQ(host.arch, "aarch64");
  EXPECT_EQ(host.wakepath, "0.1");
  EXPECT_EQ(host.options, "live -d 3s");
}

TEST(Facts, OfEventsComeBack) {
  EXPECT_TRUE(round_trip(EventFact{true, "kvm_entry", ""}).enabled);
  const auto off = round_trip(EventFact{false, "kvm_exit", "not in the event set"});
  EXPECT_FALSE(off.enabled);
  EXPECT_EQ(off.event, "kvm_exit");
  EXPECT_EQ(off.reason, "not in the event set");
}

TEST(Facts, OfVmsAndVcpusComeBack) {
  const auto vm = round_trip(VmFact{1, 95, 900, std::string("a\0b", 3)});
  EXPECT_EQ(vm.key, 1U);
  EXPECT_EQ(vm.tgid, 95U);
  EXPECT_EQ(vm.since_ns, 900U);
  EXPECT_EQ(vm.name, std::string("a\0b", 3));
  const VcpuFact vcpu{96, 3, 1, WP_VCPU_ASLEEP, 0xffff000012345678, 901, "CPU 3/KVM"};
  EXPECT_EQ(round_trip(vcpu), vcpu);
}

TEST(Facts, OfFunctionsProgramsAndClocksComeBack) {
  const auto symbol = round_trip(SymbolFact{0xffff000000001000, "hrtimer_wakeup"});
  EXPECT_EQ(symbol.address, 0xffff000000001000U);
  EXPECT_EQ(symbol.name, "hrtimer_wakeup");
  const auto program = round_trip(ProgramFact{"sched_switch", 1, 2, 3});
  EXPECT_EQ(program.name, "sched_switch");
  EXPECT_EQ(program.runs, 1U);
  EXPECT_EQ(program.run_time_ns, 2U);
  EXPECT_EQ(program.misses, 3U);
  const auto clock = round_trip(ClockFact{1, 2, 3});
  EXPECT_EQ(clock.counter, 1U);
  EXPECT_EQ(clock.monotonic_ns, 2U);
  EXPECT_EQ(clock.width_ns, 3U);
  const TimeOfDayFact jump{1, 2};
  EXPECT_EQ(round_trip(jump), jump);
}

TEST(Facts, OfTheCaptureComeBack) {
  const auto capture = round_trip(CaptureFact{1, 2, 3, 4});
  EXPECT_EQ(capture.ring_bytes, 1U);
  EXPECT_EQ(capture.poll_ns, 2U);
  EXPECT_EQ(capture.hold_back_ns, 3U);
  EXPECT_EQ(capture.naming_attempts, 4U);
  const auto notice = round_trip(NoticeFact{WP_ADVICE_COUNT_MISMATCH, 17, "said"});
  EXPECT_EQ(notice.advice, WP_ADVICE_COUNT_MISMATCH);
  EXPECT_EQ(notice.detail, 17U);
  EXPECT_EQ(notice.text, "said");
  const auto cost = round_trip(CostFact{1, 2, 3, 4, true});
  EXPECT_EQ(cost.elapsed_ns, 1U);
  EXPECT_EQ(cost.runs, 2U);
  EXPECT_EQ(cost.run_ps, 3U);
  EXPECT_EQ(cost.reader_ns, 4U);
  EXPECT_TRUE(cost.sampled);
  EXPECT_FALSE(round_trip(CostFact{}).sampled);
}

TEST(Facts, OfFilesAndTracesComeBack) {
  const auto file = round_trip(HostFileFact{WP_HOST_FILE, 0644, 1, 2, "proc/cmdline", {"a", "b"}});
  EXPECT_EQ(file.type, WP_HOST_FILE);
  EXPECT_EQ(file.mode, 0644U);
  EXPECT_EQ(file.record, 1U);
  EXPECT_EQ(file.records, 2U);
  EXPECT_EQ(file.name, "proc/cmdline");
  EXPECT_EQ(file.pieces, (std::vector<std::string>{"a", "b"}));
  const auto trace = round_trip(TraceFact{1000, true, "a text of ftrace", "local"});
  EXPECT_EQ(trace.resolution_ns, 1000U);
  EXPECT_TRUE(trace.untimed);
  EXPECT_EQ(trace.form, "a text of ftrace");
  EXPECT_EQ(trace.clock, "local");
  const auto thread = round_trip(ThreadFact{7, "poller"});
  EXPECT_EQ(thread.tid, 7U);
  EXPECT_EQ(thread.name, "poller");
  const auto trigger = round_trip(TriggerFact{2, 3, {"total > 1ms", "lost > 0"}});
  EXPECT_EQ(trigger.before_ns, 2U);
  EXPECT_EQ(trigger.after_ns, 3U);
  EXPECT_EQ(trigger.conditions, (std::vector<std::string>{"total > 1ms", "lost > 0"}));
  BreachFact breach{BreachFact::Kind::signal, 9, 4, 7, 3, "signal", "web", "timer>vcpu", "x"};
  EXPECT_EQ(round_trip(breach), breach);
  breach.vcpu.reset();
  EXPECT_EQ(round_trip(breach), breach);
}

TEST(Facts, OfInterruptsComeBack) {
  for (const auto managed : {std::optional<bool>{}, std::optional(false), std::optional(true)}) {
    IrqFact irq{0xffff000012345678, eth1()};
    irq.interrupt.managed = managed;
    const IrqFact back = round_trip(irq);
    EXPECT_EQ(back.action, 0xffff000012345678U);
    EXPECT_EQ(back.interrupt, irq.interrupt);
  }
}

TEST(Facts, AnOlderRecordingNamesVcpusByAnotherKind) {
  const Fact fact = decoded({WP_FACT_VCPU, {96, 95, 2, 0xffff000012345678}, {"CPU 2/KVM"}});
  EXPECT_EQ(std::get<VcpuFact>(fact), (VcpuFact{96, 2, 95, 0, 0xffff000012345678, 0, "CPU 2/KVM"}));
}

TEST(Facts, WhatAnOlderRecordLacksIsEmpty) {
  const auto old = std::get<IrqFact>(decoded({WP_FACT_IRQ, {1, 57}, {"eth1-rx-1", ""}}));
  EXPECT_EQ(old.interrupt.irq, 57U);
  EXPECT_EQ(old.interrupt.action, "eth1-rx-1");
  EXPECT_EQ(old.interrupt.device_or_address(), "");
  EXPECT_EQ(old.interrupt.managed, std::nullopt);
  EXPECT_EQ(std::get<IrqFact>(decoded({WP_FACT_IRQ, {}, {}})).interrupt, Interrupt{});
  for (std::uint32_t kind = WP_FACT_HOST; kind < WP_FACT_KINDS; ++kind) {
    EXPECT_FALSE(std::holds_alternative<UnknownFact>(decoded({kind, {}, {}}))) << kind;
  }
  EXPECT_EQ(std::get<HostFact>(decoded({WP_FACT_HOST, {2}, {"6.1"}})).arch, "");
  EXPECT_EQ(std::get<HostFileFact>(decoded({WP_FACT_HOST_FILE, {}, {}})).name, "");
}

TEST(Facts, AKindOrAValueThatIsNotKnownIsSkipped) {
  for (const std::uint32_t kind : {0U, WP_FACT_KINDS + 0U, 0x7f06U}) {
    EXPECT_TRUE(std::holds_alternative<UnknownFact>(decoded({kind, {1}, {"name"}})));
  }
  EXPECT_TRUE(std::holds_alternative<UnknownFact>(decoded({WP_FACT_HOST_FILE, {3}, {"name"}})));
  EXPECT_EQ(std::get<NoticeFact>(decoded({WP_FACT_NOTICE, {99}, {"text"}})).advice,
            WP_ADVICE_OTHER);
}

TEST(Facts, StringsAreCutSoThatTheRecordIsOne) {
  const HostFileFact file{WP_HOST_FILE,
                          0,
                          0,
                          1,
                          "proc/interrupts",
                          std::vector<std::string>(30, std::string(5'000, 'x'))};
  EXPECT_LE(wakepath::encode(file).size(), static_cast<std::size_t>(WP_MAX_BATCH));
  const auto back = round_trip(file);
  EXPECT_EQ(back.pieces.size(), 15U);
  EXPECT_EQ(back.pieces[0].size(), 4'096U);
}

TEST(Facts, TextsOfAnInterruptThatNoKernelHasAreCut) {
  IrqFact irq{1, eth1()};
  irq.interrupt.action = irq.interrupt.device = irq.interrupt.effective = std::string(60'000, 'x');
  const Interrupt read = round_trip(irq).interrupt;
  EXPECT_EQ(read.device, std::string(255, 'x'));
  EXPECT_EQ(read.action.size(), 255U);
  EXPECT_EQ(read.effective, "") << "a list that is cut is another one";
  EXPECT_EQ(read.address, "0000:04:00.0");
}

TEST(Facts, CutInItsMiddleIsAnError) {
  RawBytes bytes = wakepath::encode(IrqFact{1, eth1()});
  bytes.resize(bytes.size() - 24);
  put(bytes, offsetof(wp_record, size), static_cast<std::uint32_t>(bytes.size()));
  EXPECT_FALSE(decode_fact(view(bytes)));
}

TEST(Facts, StringsThatDoNotFitAreAnError) {
  RawBytes bytes = wakepath::encode(SymbolFact{1, "name"});
  put(bytes, sizeof(wp_fact), std::uint16_t{7});
  EXPECT_FALSE(decode_fact(view(bytes)));
  put(bytes, sizeof(wp_fact), std::uint16_t{6});
  EXPECT_TRUE(decode_fact(view(bytes)));
  put(bytes, offsetof(wp_record, count), std::uint16_t{2});
  EXPECT_FALSE(decode_fact(view(bytes)));
}

}  // namespace wakepath::record::testing
