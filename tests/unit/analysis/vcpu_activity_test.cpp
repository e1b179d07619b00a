// SPDX-License-Identifier: GPL-2.0-or-later
// One event too few, or a nanosecond, turns each claim into "not judged".
#include "analysis/vcpu_activity.hpp"

#include <gtest/gtest.h>

namespace wakepath::analysis {
namespace {

using Why = QuietVcpu::Why;
using Lack = QuietVcpu::Lack;
constexpr std::uint32_t kTid = 96;
constexpr std::uint64_t kBegin = 1'000'000;

class Nothing final : public order::SequencedSink {
 public:
  void loss(const order::LossInterval& /*loss*/) override {}
  void event(const Event& /*event*/) override {}
  void guest_report(const wp_guest_report& /*report*/) override {}
  void advanced_to(std::uint64_t /*time_ns*/) override {}
};

class VcpuActivityTest : public ::testing::Test {
 protected:
  void begin(bool switches = true, std::uint32_t state = 0) {
    facts.add(EventFact{switches, "sched_switch", {}});
    facts.add(EventFact{true, "kvm_vcpu_wakeup", {}});
    facts.add(VcpuFact{kTid, 0, 0, state, 0, 0, "CPU 0/KVM"});
    activity.begin(kBegin);
  }
  void event(wp_event_kind kind, std::uint64_t after_ns, std::uint32_t tid = kTid) {
    Event one{};
    one.kind = kind;
    one.time_ns = kBegin + after_ns;
    one.tid = tid;
    activity.event(one);
  }
  // The thread goes to sleep in user space.
  void leaves(std::uint64_t after_ns) {
    Event one{};
    one.kind = WP_EVENT_SWITCH;
    one.time_ns = kBegin + after_ns;
    one.tid = kTid;
    one.payload.sched_switch.prev_state = 1;
    activity.event(one);
  }
  QuietVcpu judged(std::uint64_t until_ns) {
    activity.advanced_to(kBegin + until_ns);
    const auto all = activity.quiet();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? QuietVcpu{} : all.front();
  }
  void expect(const QuietVcpu& vcpu, Why why, Lack lacks = Lack::nothing) {
    EXPECT_EQ(name_of(vcpu.why), name_of(why));
    EXPECT_EQ(vcpu.lacks, lacks);
  }

  Nothing nothing;
  reconstruct::FactStore facts;
  VcpuActivity activity{facts, nothing};
};

TEST_F(VcpuActivityTest, TenMillisecondsOnItsCpuAreNeverBlocks) {
  begin();
  event(WP_EVENT_KVM_ENTRY, 0);
  expect(judged(kLeastObservedNs), Why::never_blocks);
}

TEST_F(VcpuActivityTest, LessTimeIsNotJudged) {
  begin();
  event(WP_EVENT_KVM_ENTRY, 0);
  expect(judged(kLeastObservedNs - 1), Why::not_judged, Lack::time);
}

TEST_F(VcpuActivityTest, WithoutSwitchesNothingIsJudged) {
  begin(false);
  event(WP_EVENT_KVM_ENTRY, 0);
  expect(judged(1'000'000'000), Why::not_judged, Lack::no_switches);
}

TEST_F(VcpuActivityTest, ThreePollsAreAlwaysPolls) {
  begin();
  for (std::uint64_t i = 0; i < kLeastPolls; ++i) {
    event(WP_EVENT_KVM_VCPU_WAKEUP, i);
  }
  expect(judged(20'000'000), Why::always_polls);
}

TEST_F(VcpuActivityTest, APollTooFewIsNotJudged) {
  begin();
  for (std::uint64_t i = 0; i + 1 < kLeastPolls; ++i) {
    event(WP_EVENT_KVM_VCPU_WAKEUP, i);
  }
  expect(judged(20'000'000), Why::not_judged, Lack::polls);
}

TEST_F(VcpuActivityTest, OutsideNeedsItsTimeToo) {
  begin();
  leaves(0);
  expect(judged(kLeastObservedNs - 1), Why::not_judged, Lack::time);
  expect(judged(kLeastObservedNs), Why::outside);
}

TEST_F(VcpuActivityTest, AsleepNeedsItsTimeToo) {
  begin(true, WP_VCPU_ASLEEP);
  expect(judged(kLeastObservedNs - 1), Why::not_judged, Lack::time);
  expect(judged(kLeastObservedNs), Why::asleep);
}

TEST_F(VcpuActivityTest, OneOfWhichNothingWasSeenIsNoClaim) {
  begin(false);
  expect(judged(1), Why::not_seen);
}

}  // namespace
}  // namespace wakepath::analysis
