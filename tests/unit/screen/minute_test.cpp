// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/minute.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace wakepath::screen {

TEST(Minute, CountsByColumnAndLatency) {
  Minute minute;
  minute.add(5, 30'000);
  minute.add(5, 31'000);
  minute.add(5, 4'000'000);
  minute.add(6);
  EXPECT_EQ(minute.wakes(5), 3U);
  EXPECT_EQ(minute.longest(5), 4'000'000U);
  EXPECT_EQ(minute.count(5, heat_row_of(16'000)), 2U);
  EXPECT_EQ(minute.wakes(6), 1U);
  EXPECT_EQ(minute.longest(6), 0U);
  EXPECT_EQ(minute.wakes(7), 0U);
}

TEST(Minute, ForgetsWhatIsOlder) {
  Minute minute;
  minute.add(5, 30'000);
  minute.add(65, 1'000);
  EXPECT_EQ(minute.wakes(5), 0U);
  EXPECT_EQ(minute.wakes(65), 1U);
  EXPECT_EQ(minute.count(65, heat_row_of(30'000)), 0U);
  minute.add(5, 30'000);  // too late
  EXPECT_EQ(minute.wakes(65), 1U);
  EXPECT_EQ(minute.longest(65), 1'000U);
}

TEST(Minute, FoldsTwoColumnsIntoOne) {
  Minute minute;
  minute.add(0, 10);
  minute.add(1, 5'000);
  minute.add(59, 7'000);
  minute.fold();
  EXPECT_EQ(minute.wakes(0), 2U);
  EXPECT_EQ(minute.longest(0), 5'000U);
  EXPECT_EQ(minute.wakes(29), 1U);
  EXPECT_EQ(minute.count(29, heat_row_of(7'000)), 1U);
  EXPECT_EQ(minute.wakes(59), 0U);
}

TEST(Minute, RowsBeginAtTheirBounds) {
  EXPECT_EQ(heat_row_of(0), 0U);
  EXPECT_EQ(heat_row_of(999), 0U);
  EXPECT_EQ(heat_row_of(1'000), 1U);
  EXPECT_EQ(heat_row_of(1'000'000'000), kHeatRows - 1);
}

TEST(TimeColumns, GrowUntilAMinuteFits) {
  TimeColumns columns;
  columns.begin(1'000);
  EXPECT_FALSE(columns.should_fold(1'000 + 900'000'000));
  EXPECT_TRUE(columns.should_fold(1'000 + 940'000'000));
  int folds = 0;
  for (; columns.should_fold(std::numeric_limits<std::uint64_t>::max()); ++folds) {
    columns.fold();
  }
  EXPECT_EQ(folds, 6);
  EXPECT_EQ(columns.width_ns(), 1'000'000'000U);
  EXPECT_EQ(columns.column_of(3), 0U);
}

}  // namespace wakepath::screen
