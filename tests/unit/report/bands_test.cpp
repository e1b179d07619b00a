// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/bands.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace wakepath::report {
namespace {

constexpr std::uint64_t kMilli = 1'000'000;

TEST(Bands, TellsEachPartOfTime) {
  Bands bands;
  bands.begin(1000 * kMilli);
  for (std::uint64_t i = 1; i <= 100; ++i) {
    bands.add(1000 * kMilli + i, i * 1000);
  }
  bands.add(1002 * kMilli, 7000);
  const auto rows = bands.rows();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].begin_ns, 1000 * kMilli);
  EXPECT_EQ(rows[0].end_ns, 1001 * kMilli);
  EXPECT_EQ(rows[0].count, 100U);
  EXPECT_EQ(rows[0].min_ns, 1000U);
  EXPECT_NEAR(static_cast<double>(rows[0].p50_ns), 50'000, 50);
  EXPECT_NEAR(static_cast<double>(rows[0].p99_ns), 99'000, 99);
  EXPECT_EQ(rows[0].max_ns, 100'000U);
  EXPECT_EQ(rows[1].count, 0U);
  EXPECT_EQ(rows[2].max_ns, 7000U);
}

TEST(Bands, StaysSmallHoweverLongItLasts) {
  Bands bands;
  bands.begin(0);
  std::uint64_t count = 0;
  for (std::uint64_t second = 0; second < 3600; ++second) {
    bands.add(second * 1000 * kMilli, second + 1);
  }
  const auto rows = bands.rows();
  EXPECT_LE(rows.size(), Bands::kMost);
  for (const Band& row : rows) {
    EXPECT_EQ(row.end_ns - row.begin_ns, rows.front().end_ns - rows.front().begin_ns);
    count += row.count;
  }
  EXPECT_EQ(count, 3600U);
  EXPECT_EQ(rows.front().min_ns, 1U);
  EXPECT_EQ(rows.back().max_ns, 3600U);
}

TEST(Bands, TakesATimeBeforeItsBegin) {
  Bands bands;
  bands.begin(5 * kMilli);
  bands.add(1, 42);
  ASSERT_EQ(bands.rows().size(), 1U);
  EXPECT_EQ(bands.rows().front().count, 1U);
}

}  // namespace
}  // namespace wakepath::report
