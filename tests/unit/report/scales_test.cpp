// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/scales.hpp"

#include <cstdint>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wakepath::report {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(LinearScale, PutsValuesInProportion) {
  const LinearScale scale(100, 300, 50, 250);
  EXPECT_DOUBLE_EQ(scale(100), 50);
  EXPECT_DOUBLE_EQ(scale(150), 100);
  EXPECT_DOUBLE_EQ(scale(300), 250);
  EXPECT_DOUBLE_EQ(scale(0), 50);
  EXPECT_DOUBLE_EQ(scale(kMost), 250);
}

TEST(LinearScale, NamesRoundValues) {
  EXPECT_THAT(LinearScale(0, 100, 0, 1).ticks(5), ElementsAre(0, 50, 100));
  EXPECT_THAT(LinearScale(0, 99, 0, 1).ticks(5), ElementsAre(0, 20, 40, 60, 80));
  EXPECT_THAT(LinearScale(7, 10, 0, 1).ticks(5), ElementsAre(7, 8, 9, 10));
  EXPECT_LE(LinearScale(0, kMost, 0, 1).ticks(8).size(), 9U);
}

TEST(LinearScale, HasASpanEvenOfNothing) {
  const LinearScale scale(5, 5, 0, 10);
  EXPECT_DOUBLE_EQ(scale(5), 0);
  const LinearScale last(kMost, kMost, 0, 10);
  EXPECT_DOUBLE_EQ(last(kMost), 0);
  EXPECT_EQ(last.ticks(4).size(), 1U);
}

TEST(LogScale, GivesEachPowerOfTenTheSameRoom) {
  const LogScale scale(150, 80'000, 100, 0);  // 100 to 100,000, upwards
  EXPECT_DOUBLE_EQ(scale(100), 100);
  EXPECT_NEAR(scale(1000), 100 - 100.0 / 3, 1e-9);
  EXPECT_DOUBLE_EQ(scale(100'000), 0);
  EXPECT_DOUBLE_EQ(scale(0), 100);
  EXPECT_THAT(scale.ticks(), ElementsAre(100, 1000, 10'000, 100'000));
}

TEST(LogScale, TakesAnyValues) {
  EXPECT_THAT(LogScale(1, 1, 0, 1).ticks(), ElementsAre(1, 10));
  EXPECT_EQ(LogScale(0, kMost, 0, 1).ticks().size(), 20U);
  EXPECT_DOUBLE_EQ(LogScale(kMost, kMost, 0, 1)(kMost), 0);
}

}  // namespace
}  // namespace wakepath::report
