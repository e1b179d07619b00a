// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/sleep_log.hpp"

#include <gtest/gtest.h>

namespace wakepath::reconstruct {
namespace {

using SleepKind = SleepSpan::Kind;

wp_switch change_to(std::uint32_t state, bool preempt = false) {
  wp_switch change{};
  change.prev_state = state;
  change.preempt = preempt ? 1 : 0;
  return change;
}

constexpr std::uint32_t kRunnable = 0;
constexpr std::uint32_t kUninterruptible = 2;
constexpr std::uint32_t kTaskFrozen = 0x8000;

TEST(SleepLog, ASleepEndsWithItsWaking) {
  SleepLog log;
  const LossLog losses;
  log.left(1'000, change_to(kUninterruptible));
  EXPECT_EQ(log.woken(5'000, losses), std::nullopt) << "it was known";
  log.back(6'000);
  ASSERT_EQ(log.spans().size(), 1U);
  EXPECT_EQ(log.spans()[0].begin_ns, 1'000U);
  EXPECT_EQ(log.spans()[0].end_ns, 5'000U);
  EXPECT_EQ(log.spans()[0].kind, SleepKind::on_its_way);
}

TEST(SleepLog, AFrozenThreadIsToldByItsState) {
  SleepLog log;
  log.left(1'000, change_to(kTaskFrozen));
  log.back(6'000);
  ASSERT_EQ(log.spans().size(), 1U);
  EXPECT_EQ(log.spans()[0].kind, SleepKind::frozen);
  EXPECT_EQ(log.spans()[0].end_ns, 6'000U) << "its waking was not seen";
}

// ftrace of 6.1 and later: a frozen thread is "R".
TEST(SleepLog, ARunnableThreadThatIsWokenHasSlept) {
  SleepLog log;
  const LossLog losses;
  log.left(1'000, change_to(kRunnable));
  EXPECT_TRUE(log.spans().empty());
  EXPECT_EQ(log.woken(5'000, losses), 1'000U);
  log.back(6'000);
  ASSERT_EQ(log.spans().size(), 1U);
  EXPECT_EQ(log.spans()[0].begin_ns, 1'000U);
  EXPECT_EQ(log.spans()[0].end_ns, 5'000U);
  EXPECT_EQ(log.spans()[0].kind, SleepKind::on_its_way) << "for what, nothing says";
}

TEST(SleepLog, ARunnableThreadThatIsNotWokenHasNot) {
  SleepLog log;
  const LossLog losses;
  log.left(1'000, change_to(kRunnable));
  log.back(6'000);
  EXPECT_EQ(log.woken(7'000, losses), std::nullopt);
  EXPECT_TRUE(log.spans().empty());
}

// It had said that it would sleep, and lost its CPU before it did: its waking takes that back.
TEST(SleepLog, APreemptedThreadCanBeWokenWithoutASleep) {
  for (const std::uint32_t state : {kRunnable, kUninterruptible}) {
    SleepLog log;
    const LossLog losses;
    log.left(1'000, change_to(state, true));
    EXPECT_EQ(log.woken(5'000, losses), std::nullopt);
    EXPECT_TRUE(log.spans().empty());
  }
}

TEST(SleepLog, AWakingBeforeTheSwitchLeavesNothingToSleepFor) {
  SleepLog log;
  const LossLog losses;
  log.back(500);
  EXPECT_EQ(log.woken(900, losses), std::nullopt);
  log.left(1'000, change_to(kUninterruptible));
  log.back(6'000);
  EXPECT_TRUE(log.spans().empty()) << "it waited for its turn";
  log.left(7'000, change_to(kUninterruptible));
  EXPECT_EQ(log.spans().size(), 1U) << "that waking was of the sleep before";
}

TEST(SleepLog, AnEarlyWakingIsForNothingIfAnotherFollows) {
  SleepLog log;
  const LossLog losses;
  EXPECT_EQ(log.woken(900, losses), std::nullopt);
  log.left(1'000, change_to(kUninterruptible));
  EXPECT_EQ(log.woken(5'000, losses), 1'000U);
  EXPECT_EQ(log.spans().size(), 1U);
}

TEST(SleepLog, ALossMayHideTheSwitchesBetween) {
  SleepLog log;
  LossLog losses;
  order::LossInterval loss;
  loss.begin_ns = 2'000;
  loss.end_ns = 3'000;
  losses.add(loss);
  log.left(1'000, change_to(kRunnable));
  EXPECT_EQ(log.woken(5'000, losses), std::nullopt);
  EXPECT_TRUE(log.spans().empty());
}

TEST(SleepLog, IsBounded) {
  SleepLog log;
  const LossLog losses;
  for (std::uint64_t at = 1'000; at < 1'001'000; at += 1'000) {
    log.left(at, change_to((at / 1'000) % 2 == 0 ? kRunnable : kUninterruptible));
    log.woken(at + 500, losses);
    log.back(at + 600);
  }
  EXPECT_EQ(log.spans().size(), 64U);
}

}  // namespace
}  // namespace wakepath::reconstruct
