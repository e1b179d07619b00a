// SPDX-License-Identifier: GPL-2.0-or-later
// Events that are missing without the trace saying so.
#include "import/contradictions.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "import/maker_fixture.hpp"

namespace wakepath::foreign {
namespace {

constexpr std::uint64_t kCycleUs = 2000;

// Hands on what `keeps` says, by the number of the cycle and the event.
class Cut final : public TraceSink {
 public:
  using Keeps = std::function<bool(std::uint64_t cycle, const TraceEvent& event)>;
  Cut(TraceSink& to, Keeps keeps) : to_(to), keeps_(std::move(keeps)) {}
  Result<void> about(const TraceInfo& info) override { return to_.about(info); }
  Result<void> lost(const TraceLoss& loss) override { return to_.lost(loss); }
  Result<void> event(const TraceEvent& event) override {
    const std::uint64_t cycle = (event.time_ns - kStart) / 1000 / kCycleUs;
    return keeps_(cycle, event) ? to_.event(event) : Result<void>{};
  }

 private:
  TraceSink& to_;
  Keeps keeps_;
};

struct Outcome {
  std::uint64_t places{};
  std::vector<WakeChain> wakes{};
};

// `cycles` in which a vCPU sleeps until its timer; in each the guest is left once at `pc`.
Outcome outcome(std::uint64_t cycles, const Cut::Keeps& keeps, const std::string& form = "a test",
                std::uint64_t odd_cycle = ~std::uint64_t{0}) {
  Told told;
  TraceInfo info;
  info.form = form;
  info.resolution_ns = 1000;
  EXPECT_TRUE(told.maker.about(info));
  Cut cut(told.maker, keeps);
  Trace trace(cut);
  for (std::uint64_t cycle = 0; cycle < cycles; ++cycle) {
    trace.since_us = cycle * kCycleUs;
    trace.sleep(10);
    trace.wake();
    trace.next(1060, WP_EVENT_KVM_ENTRY, 10).guest_pc = cycle == odd_cycle ? 0x5008 : 0x1004;
    trace.kvm_exit(1100);
    trace.next(1100, WP_EVENT_KVM_EXIT, 10).guest_pc = 0x1000;
  }
  trace.flush();
  told.wakes();
  return {told.told.summary().lost, told.told.wakes};
}

// Trace makes each entry and exit of the guest twice: once for itself, once with the place.
bool is_doubled(const TraceEvent& event) {
  const bool kvm = event.kind == WP_EVENT_KVM_ENTRY || event.kind == WP_EVENT_KVM_EXIT;
  return kvm && event.guest_pc == 0;
}

TEST(Contradictions, AWholeTraceHasNone) {
  const Outcome whole =
      outcome(60, [](std::uint64_t, const TraceEvent& event) { return !is_doubled(event); });
  EXPECT_EQ(whole.places, 0U);
  ASSERT_EQ(whole.wakes.size(), 60U);
  for (const WakeChain& wake : whole.wakes) {
    EXPECT_TRUE(wake.complete() || &wake == &whole.wakes.front()) << wake.begin_ns;
  }
}

class OneMissing : public ::testing::TestWithParam<wp_event_kind> {};

TEST_P(OneMissing, IsFoundByWhatFollows) {
  constexpr std::uint64_t kCut = 40;
  const Outcome cut = outcome(60, [](std::uint64_t cycle, const TraceEvent& event) {
    return !is_doubled(event) && (cycle != kCut || event.kind != GetParam());
  });
  EXPECT_GE(cut.places, 1U);
  EXPECT_LE(cut.places, 2U);
  for (const WakeChain& wake : cut.wakes) {
    const std::uint64_t cycle = (wake.end_ns - kStart) / 1000 / kCycleUs;
    EXPECT_TRUE(cycle != kCut || !wake.complete()) << wake.begin_ns;
    EXPECT_TRUE(cycle + 1 == kCut || cycle == kCut || cycle == kCut + 1 || cycle == 0 ||
                wake.complete())
        << wake.begin_ns;
  }
}

TEST_P(OneMissing, IsNoneWhereTheTraceNeverHasIt) {
  const Outcome without = outcome(60, [](std::uint64_t, const TraceEvent& event) {
    return !is_doubled(event) && event.kind != GetParam();
  });
  EXPECT_EQ(without.places, 0U);
}

TEST_P(OneMissing, IsNoneWhereTheTraceIsTooShortToShowItsRules) {
  const Outcome brief = outcome(4, [](std::uint64_t cycle, const TraceEvent& event) {
    return !is_doubled(event) && (cycle != 2 || event.kind != GetParam());
  });
  EXPECT_EQ(brief.places, 0U);
}

TEST_P(OneMissing, IsNoneWhereTheEventsAreNoTraces) {
  for (const std::string form : {"function_graph text", "tracefs"}) {
    const Outcome other = outcome(
        60,
        [](std::uint64_t cycle, const TraceEvent& event) {
          return !is_doubled(event) && (cycle != 40 || event.kind != GetParam());
        },
        form);
    EXPECT_EQ(other.places, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, OneMissing,
                         ::testing::Values(WP_EVENT_IRQ_ENTRY, WP_EVENT_IRQ_EXIT,
                                           WP_EVENT_HRTIMER_START, WP_EVENT_HRTIMER_EXPIRE_ENTRY,
                                           WP_EVENT_HRTIMER_EXPIRE_EXIT, WP_EVENT_WAKING,
                                           WP_EVENT_SWITCH, WP_EVENT_KVM_ENTRY, WP_EVENT_KVM_EXIT),
                         [](const auto& of) { return std::string(event_name(of.param)); });

TEST(Contradictions, AGuestGoesOnWhereItWasLeft) {
  const auto all = [](std::uint64_t, const TraceEvent& event) { return !is_doubled(event); };
  EXPECT_EQ(outcome(60, all, "a test", 40).places, 1U);
}

// Where a trace is of one CPU alone, others may have done what is missing.
TEST(Contradictions, WhatAnotherCpuMayHaveDoneIsNoneOfThem) {
  const Outcome part = outcome(60, [](std::uint64_t cycle, const TraceEvent& event) {
    const bool waking = event.kind == WP_EVENT_WAKING;
    if (waking && cycle % 2 != 0) {
      const_cast<TraceEvent&>(event).payload.wake.cpu = 3;
    }
    return !is_doubled(event) && (cycle != 40 || !waking);
  });
  EXPECT_EQ(part.places, 0U);
}

}  // namespace
}  // namespace wakepath::foreign
