// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/lost_time.hpp"

#include <gtest/gtest.h>

namespace wakepath::audit {
namespace {

TEST(LostTimeTest, TimeThatIsLostTwiceIsLostOnce) {
  LostTime one;
  LostTime other;
  one.add(10, 20);
  one.add(15, 25);
  other.add(22, 40);
  other.add(100, 110);
  EXPECT_EQ(lost_in_either(one, other, 0, 1000), 40U);
  EXPECT_EQ(lost_in_either(one, other, 12, 30), 18U);
  EXPECT_EQ(lost_in_either(one, other, 40, 100), 0U);
  EXPECT_EQ(lost_in_either(one, other, 105, 106), 1U);
  EXPECT_EQ(lost_in_either(other, one, 0, 1000), 40U);
}

TEST(LostTimeTest, WhatIsOverIsDroppedAndWhatIsNotStays) {
  LostTime lost;
  const LostTime none;
  lost.add(10, 20);
  lost.add(30, 50);
  lost.drop_until(40);
  EXPECT_EQ(lost_in_either(lost, none, 0, 100), 20U);
}

TEST(LostTimeTest, AStormIsOneLongLoss) {
  LostTime lost;
  const LostTime none;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    lost.add(10 * i, 10 * i + 1);
  }
  const std::uint64_t sum = lost_in_either(lost, none, 0, 1'000'000);
  EXPECT_GE(sum, 100'000U);
  EXPECT_LE(sum, 1'000'000U);
}

TEST(LostTimeTest, WhatEndsBeforeItBeginsIsNoLoss) {
  LostTime lost;
  const LostTime none;
  lost.add(50, 20);
  EXPECT_EQ(lost_in_either(lost, none, 0, 100), 0U);
}

}  // namespace
}  // namespace wakepath::audit
