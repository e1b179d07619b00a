// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/poll_model.hpp"

#include <gtest/gtest.h>

namespace wakepath::analysis {
namespace {

PollWindow::Sleep sleep_of(std::uint64_t ns) { return {ns, ns + 5'000, true}; }

TEST(PollWindow, GrowsFromItsStartUntilItMeetsTheSleeps) {
  PollWindow window({}, 200'000);
  const std::uint64_t expected[] = {10'000, 20'000, 40'000, 80'000, 160'000};
  for (const std::uint64_t ns : expected) {
    EXPECT_FALSE(window.halt(sleep_of(100'000)).met);
    EXPECT_EQ(window.window_ns(), ns);
  }
  const PollWindow::Result met = window.halt(sleep_of(100'000));
  EXPECT_TRUE(met.met);
  EXPECT_EQ(met.burnt_ns, 100'000U);
  EXPECT_EQ(window.window_ns(), 160'000U);
}

TEST(PollWindow, ALongSleepEndsPollingOrHalvesIt) {
  for (const auto& [shrink, after] : {std::pair(0U, 0U), std::pair(2U, 80'000U)}) {
    PollSettings settings;
    settings.shrink = shrink;
    PollWindow window(settings, 200'000);
    for (int i = 0; i < 5; ++i) {
      window.halt(sleep_of(100'000));
    }
    const PollWindow::Result missed = window.halt(sleep_of(5'000'000));
    EXPECT_FALSE(missed.met);
    EXPECT_EQ(missed.burnt_ns, 160'000U);
    EXPECT_EQ(window.window_ns(), after);
  }
}

TEST(PollWindow, IsHeldToItsCeiling) {
  PollWindow window({}, 50'000);
  for (int i = 0; i < 4; ++i) {
    window.halt(sleep_of(42'000));
  }
  EXPECT_EQ(window.window_ns(), 80'000U) << "as the kernel has it until the next halt";
  const PollWindow::Result met = window.halt(sleep_of(49'000));
  EXPECT_TRUE(met.met);
  EXPECT_EQ(window.window_ns(), 50'000U);
  EXPECT_FALSE(window.halt(sleep_of(51'000)).met);
}

TEST(PollWindow, StopsWhereAnotherTaskWantsTheCpu) {
  PollWindow window({}, 200'000);
  for (int i = 0; i < 5; ++i) {
    window.halt(sleep_of(100'000));
  }
  PollWindow::Sleep busy = sleep_of(100'000);
  busy.may_poll = false;
  EXPECT_FALSE(window.halt(busy).met);
}

TEST(PollWindow, NeverPollsWithoutACeiling) {
  PollWindow window({}, 0);
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(window.halt(sleep_of(1'000)).met);
    EXPECT_EQ(window.window_ns(), 0U);
  }
}

WakeChain timer_wake(std::uint64_t at, std::uint64_t slept_ns) {
  WakeChain chain;
  chain.who = {"web", 95, 0, 96};
  chain.root.kind = RootKind::timer;
  chain.root.function = "kvm_bg_timer_expire";
  chain.begin_ns = at;
  chain.end_ns = at + 40'000;
  Blame idle;
  idle.kind = BlameKind::idle_exit;
  idle.ns = 15'000;
  chain.stages = {{StageKind::timer_latency, at, at + 20'000, 1, "", {}, {idle}},
                  {StageKind::wake_delay, at + 20'000, at + 30'000, 1, "", {}, {}},
                  {StageKind::vcpu_entry, at + 30'000, at + 40'000, 1, "", {}, {}}};
  chain.blocked_ns = slept_ns + 20'000;
  return chain;
}

TEST(PollModel, ForetellsWhatIsMetAndWhatItSpares) {
  PollModel model(PollSettings{});
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    model.add(timer_wake(i * 1'000'000, 150'000));
  }
  const std::vector<PollAdvice> all = model.advice();
  ASSERT_EQ(all.size(), 1U);
  ASSERT_EQ(all[0].rows.size(), kPollCeilings.size());
  EXPECT_EQ(all[0].rows[0].met, 0U);
  EXPECT_EQ(all[0].rows[2].met, 0U) << "100 us are too short";
  EXPECT_EQ(all[0].rows[3].met, 1'000U - 5) << "after the five sleeps in which the window grows";
  EXPECT_EQ(all[0].knee, 3U);
  EXPECT_EQ(all[0].rows[0].total.p50_ns / 100, 40'000U / 100);
  EXPECT_EQ(all[0].rows[3].total.p50_ns / 100, 15'000U / 100) << "no exit from idle, no wake_delay";
  EXPECT_EQ(all[0].rows[3].burnt_ns, 995U * 150'000 + 10'000 + 20'000 + 40'000 + 80'000)
      << "the window that was too short was polled through";
}

TEST(PollModel, LeavesOutWakesOfWhichTheSleepIsNotKnown) {
  PollModel model(PollSettings{});
  WakeChain chain = timer_wake(0, 1'000);
  chain.blocked_ns.reset();
  model.add(chain);
  const std::vector<PollAdvice> all = model.advice();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].unknown, 1U);
  EXPECT_TRUE(all[0].rows.empty());
}

}  // namespace
}  // namespace wakepath::analysis
