// SPDX-License-Identifier: GPL-2.0-or-later
// The pure parts: schedule and PIT divisor.
#include "guest/schedule.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "guest/pit.hpp"

namespace wakepath::guest {
namespace {

using namespace std::chrono_literals;

Instant at(std::chrono::nanoseconds time) { return Instant(time); }

TEST(Schedule, GoesOnByOnePeriod) {
  EXPECT_EQ(next_due(at(100ms), 10ms, 1ms, at(101ms)), at(110ms));
}

TEST(Schedule, SkipsWhatIsPast) { EXPECT_EQ(next_due(at(100ms), 10ms, 1ms, at(135ms)), at(140ms)); }

TEST(Schedule, SkipsWhatIsTooNear) {
  EXPECT_EQ(next_due(at(100ms), 10ms, 1ms, at(109ms + 1us)), at(120ms));
  EXPECT_EQ(next_due(at(100ms), 10ms, 1ms, at(109ms - 1us)), at(110ms));
}

TEST(Schedule, FirstDueFromAnInstantInTheFuture) {
  EXPECT_EQ(next_due(at(100ms), 10ms, 1ms, at(50ms)), at(110ms));
}

TEST(Schedule, TimespecSplitsSeconds) {
  const timespec time = to_timespec(at(3s + 5ns));
  EXPECT_EQ(time.tv_sec, 3);
  EXPECT_EQ(time.tv_nsec, 5);
}

TEST(Pit, DivisorNearestToThePeriod) {
  EXPECT_EQ(pit_divisor(10ms), 11932U);
  EXPECT_EQ(pit_divisor(1ms), 1193U);
  EXPECT_EQ(pit_divisor(54925us), 65536U);
}

TEST(Pit, NothingBeyondSixteenBits) {
  EXPECT_EQ(pit_divisor(54926us), std::nullopt);
  EXPECT_EQ(pit_divisor(10s), std::nullopt);
  EXPECT_EQ(pit_divisor(100ns), std::nullopt);
}

}  // namespace
}  // namespace wakepath::guest
