// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/decoder.hpp"

#include "record_bytes.hpp"

namespace wakepath::record::testing {

namespace {

constexpr wp_wake kWake{96, 1, 120, WP_TASK_VCPU_LOADED};

RawBytes waking(std::uint64_t time_ns) { return raw_event(time_ns, WP_EVENT_WAKING, 7, kWake); }

}  // namespace

TEST(Decoder, ReadsWhatABatchHolds) {
  const RawBytes bytes =
      raw_batch(3, 17, {waking(1'000), raw_event(1'200, WP_EVENT_CPU_IDLE, 0, wp_cpu_idle{1, 0})});
  Batch batch;
  ASSERT_TRUE(decode_batch(view(bytes), batch));
  EXPECT_EQ(batch.cpu, 3U);
  EXPECT_EQ(batch.failed, 17U);
  EXPECT_EQ(batch.declared, 2U);
  EXPECT_EQ(batch.last_ns, 1'200U);
  EXPECT_FALSE(batch.malformed);
  ASSERT_EQ(batch.events.size(), 2U);
  EXPECT_EQ(batch.events[0].time_ns, 1'000U);
  EXPECT_EQ(batch.events[0].cpu, 3U);
  EXPECT_EQ(batch.events[0].tid, 7U);
  EXPECT_EQ(batch.events[0].payload.wake.tid, 96U);
  EXPECT_EQ(batch.events[0].payload.wake.flags, WP_TASK_VCPU_LOADED);
}

TEST(Decoder, TakesWhatAShortPayloadLacksAsZero) {
  wp_switch change{};
  change.next_tid = 96;
  change.prev_state = 1;
  change.next_prio = 120;
  change.preempt = 1;
  const RawBytes bytes = raw_batch(0, 0, {raw_event(5, WP_EVENT_SWITCH, 7, change, 8)});
  Batch batch;
  // What the event before left behind must not shine through.
  ASSERT_TRUE(
      decode_batch(view(raw_batch(0, 0, {raw_event(1, WP_EVENT_SWITCH, 7, change)})), batch));
  ASSERT_TRUE(decode_batch(view(bytes), batch));
  ASSERT_EQ(batch.events.size(), 1U);
  EXPECT_EQ(batch.events[0].payload.sched_switch.next_tid, 96U);
  EXPECT_EQ(batch.events[0].payload.sched_switch.prev_state, 1U);
  EXPECT_EQ(batch.events[0].payload.sched_switch.next_prio, 0);
  EXPECT_EQ(batch.events[0].payload.sched_switch.preempt, 0U);
  EXPECT_EQ(batch.events[0].payload.sched_switch.next_comm[15], '\0');
}

TEST(Decoder, IgnoresWhatALongPayloadAdds) {
  std::array<std::uint64_t, 16> longer{};
  longer.fill(0xffffffffffffffff);
  longer[0] = 0x40000068;
  const RawBytes bytes = raw_batch(0, 0, {raw_event(5, WP_EVENT_KVM_ENTRY, 96, longer), waking(6)});
  Batch batch;
  ASSERT_TRUE(decode_batch(view(bytes), batch));
  ASSERT_EQ(batch.events.size(), 2U);
  EXPECT_EQ(batch.events[0].payload.kvm_entry.pc, 0x40000068U);
  EXPECT_EQ(batch.events[1].payload.wake.tid, 96U);
}

TEST(Decoder, SkipsKindsThatItDoesNotKnowButCountsThem) {
  const RawBytes bytes = raw_batch(0, 0,
                                   {raw_event(5, 200, 1, std::uint64_t{0}), waking(6),
                                    raw_event(9, WP_EVENT_FUNCTION, 1, wp_function{1, {}}),
                                    raw_event(7, WP_EVENT_NONE, 1, std::uint64_t{0})});
  Batch batch;
  ASSERT_TRUE(decode_batch(view(bytes), batch));
  EXPECT_EQ(batch.declared, 4U);
  EXPECT_EQ(batch.events.size(), 1U);
  EXPECT_EQ(batch.last_ns, 9U);
  EXPECT_FALSE(batch.malformed);
}

TEST(Decoder, StopsWhereTheCountExceedsTheBytes) {
  RawBytes bytes = raw_batch(0, 0, {waking(5)});
  put(bytes, offsetof(wp_record, count), std::uint16_t{65535});
  Batch batch;
  ASSERT_TRUE(decode_batch(view(bytes), batch));
  EXPECT_TRUE(batch.malformed);
  EXPECT_EQ(batch.events.size(), 1U);
}

TEST(Decoder, StopsAtAnEventWhoseSizeCannotBe) {
  for (const unsigned size : {0U, 8U, 15U, 17U, 31U, 32U, 65528U}) {
    RawBytes bytes =
        raw_batch(0, 0, {waking(5), raw_event(6, WP_EVENT_KVM_ENTRY, 96, wp_kvm_entry{})});
    put(bytes, sizeof(wp_batch) + 32 + offsetof(wp_event, size), static_cast<std::uint16_t>(size));
    Batch batch;
    ASSERT_TRUE(decode_batch(view(bytes), batch));
    EXPECT_TRUE(batch.malformed) << size;
    EXPECT_EQ(batch.events.size(), 1U) << size;
  }
}

TEST(Decoder, RefusesABatchWithoutItsFixedPart) {
  RawBytes bytes = raw_batch(0, 0, {});
  bytes.resize(16);
  put(bytes, offsetof(wp_record, size), std::uint32_t{16});
  Batch batch;
  EXPECT_FALSE(decode_batch(view(bytes), batch));
}

TEST(Decoder, RefusesACpuThatCannotBe) {
  Batch batch;
  EXPECT_FALSE(decode_batch(view(raw_batch(WP_MAX_CPUS, 0, {waking(5)})), batch));
  EXPECT_TRUE(decode_batch(view(raw_batch(WP_MAX_CPUS - 1, 0, {waking(5)})), batch));
}

TEST(Decoder, ReadsATick) {
  RawBytes bytes;
  wp_tick head{};
  head.record = {WP_RECORD_TICK, 2, sizeof(wp_tick) + 2 * sizeof(wp_tick_cpu)};
  head.time_ns = 5'000'000;
  head.missed = 3;
  head.flags = WP_TICK_LAST;
  append(bytes, head);
  append(bytes, wp_tick_cpu{0, 0, 10, 1, 4});
  append(bytes, wp_tick_cpu{2, 0, 20, 2, 5});
  const auto tick = decode_tick(view(bytes));
  ASSERT_TRUE(tick);
  EXPECT_EQ(tick->time_ns, 5'000'000U);
  EXPECT_EQ(tick->missed, 3U);
  EXPECT_EQ(tick->flags, WP_TICK_LAST);
  ASSERT_EQ(tick->cpus.size(), 2U);
  EXPECT_EQ(tick->cpus[1].cpu, 2U);
  EXPECT_EQ(tick->cpus[1].written, 20U);

  put(bytes, offsetof(wp_record, count), std::uint16_t{3});
  EXPECT_FALSE(decode_tick(view(bytes))) << "more CPUs than bytes";
  put(bytes, offsetof(wp_record, count), std::uint16_t{2});
  put(bytes, sizeof(wp_tick), std::uint32_t{WP_MAX_CPUS});
  EXPECT_FALSE(decode_tick(view(bytes))) << "a CPU that cannot be";
}

TEST(Decoder, ReadsAGuestReportOnlyWhole) {
  wp_guest_report report{};
  report.record = {WP_RECORD_GUEST_REPORT, 0, sizeof(report)};
  report.tid = 96;
  RawBytes bytes;
  append(bytes, report);
  ASSERT_TRUE(decode_guest_report(view(bytes)));
  EXPECT_EQ(decode_guest_report(view(bytes))->tid, 96U);
  bytes.resize(56);
  put(bytes, offsetof(wp_record, size), std::uint32_t{56});
  EXPECT_FALSE(decode_guest_report(view(bytes)));
}

}  // namespace wakepath::record::testing
