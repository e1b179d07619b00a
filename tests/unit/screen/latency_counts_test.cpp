// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/latency_counts.hpp"

#include <array>
#include <limits>

#include <gtest/gtest.h>

#include "analysis/histogram.hpp"
#include "screen/brief.hpp"

namespace wakepath::screen {

namespace {

constexpr std::array kSome{0.5, 0.9, 0.99, 0.999};

std::array<std::uint64_t, 4> quantiles_of(const LatencyCounts& counts) {
  std::array<std::uint64_t, 4> out{};
  counts.quantiles(kSome, out);
  return out;
}

}  // namespace

TEST(LatencyCounts, AreWithinHalfAPercentOfTheExactHistogram) {
  LatencyCounts counts;
  analysis::Histogram exact;
  std::uint64_t value = 7;
  for (int i = 0; i < 50'000; ++i) {
    value = value * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    const std::uint64_t ns = (value >> 40U) % (1ULL << (8 + (value >> 60U)));
    counts.add(ns);
    exact.add(ns);
  }
  const auto roughly = quantiles_of(counts);
  const auto exactly = exact.quantiles(kSome);
  for (std::size_t i = 0; i < kSome.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(roughly[i]), static_cast<double>(exactly[i]),
                0.005 * static_cast<double>(exactly[i]) + 1);
  }
  EXPECT_EQ(counts.max(), exact.max());
  EXPECT_EQ(counts.count(), exact.count());
}

TEST(LatencyCounts, NeverLeaveTheRangeOfWhatCame) {
  LatencyCounts counts;
  counts.add(1'000'003);
  EXPECT_EQ(quantiles_of(counts)[0], 1'000'003U);
  counts.add(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(counts.max(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_GT(quantiles_of(counts)[3], std::numeric_limits<std::uint64_t>::max() / 100 * 99);
  counts.add(0);
  EXPECT_EQ(counts.count(), 3U);
}

TEST(LatencyCounts, OfTwoGroupsAreThoseOfBoth) {
  LatencyCounts both, left, right;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    (i % 3 == 0 ? left : right).add(i * 1000);
    both.add(i * 1000);
  }
  left.add(right);
  EXPECT_EQ(quantiles_of(left), quantiles_of(both));
  EXPECT_EQ(left.count(), 1000U);
  EXPECT_EQ(left.max(), 1'000'000U);
}

TEST(BriefFigures, HaveTwoDigits) {
  EXPECT_EQ(brief_time(0), "0ns");
  EXPECT_EQ(brief_time(842), "840ns");
  EXPECT_EQ(brief_time(996), "1.0us");
  EXPECT_EQ(brief_time(1'049), "1.0us");
  EXPECT_EQ(brief_time(12'300), "12us");
  EXPECT_EQ(brief_time(4'149'000), "4.1ms");
  EXPECT_EQ(brief_time(99'700'000), "100ms");
  EXPECT_EQ(brief_time(61'000'000'000), "61s");
  EXPECT_EQ(brief_count(999), "999");
  EXPECT_EQ(brief_count(1'234), "1.2k");
  EXPECT_EQ(brief_count(41'200'000), "41M");
  EXPECT_EQ(brief_size(0), "0");
  EXPECT_EQ(brief_size(880), "880");
  EXPECT_EQ(brief_size(1'777'962), "1.7M");
  EXPECT_EQ(brief_size(1U << 30U), "1.0G");
  EXPECT_EQ(brief_size((1U << 30U) - 1), "1.0G");
  EXPECT_EQ(brief_rate(0.44), "0.4");
  EXPECT_EQ(brief_share(81, 1000), "8.1%");
  EXPECT_EQ(brief_share(1, 100'000), "<0.1%");
  EXPECT_EQ(brief_share(0, 10), "0");
  EXPECT_EQ(clock_text(134'000'000'000), "02:14");
  EXPECT_EQ(clock_text(3'734'000'000'000), "1:02:14");
}

}  // namespace wakepath::screen
