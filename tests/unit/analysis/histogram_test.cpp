// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace wakepath::analysis::testing {

TEST(Histogram, OfNothingIsZero) {
  const Histogram empty;
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_EQ(empty.quantile(0.99), 0U);
  EXPECT_EQ(empty.min(), 0U);
  EXPECT_EQ(empty.max(), 0U);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (std::uint64_t ns = 0; ns < 2'048; ++ns) {
    histogram.add(ns);
  }
  EXPECT_EQ(histogram.quantile(0.5), 1'023U);
  EXPECT_EQ(histogram.quantile(1.0), 2'047U);
  EXPECT_EQ(histogram.quantile(0.0), 0U);
}

TEST(Histogram, RanksAreNearest) {
  Histogram histogram;
  for (std::uint64_t ns = 1; ns <= 100; ++ns) {
    histogram.add(ns);
  }
  for (std::uint64_t percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(histogram.quantile(static_cast<double>(percent) / 100), percent);
  }
  EXPECT_EQ(histogram.quantile(0.991), 100U);
  EXPECT_EQ(histogram.quantile(7), 100U) << "out of range";
  EXPECT_EQ(histogram.quantile(-1), 1U) << "out of range";
}

TEST(Histogram, OneValueIsEveryQuantile) {
  Histogram histogram;
  histogram.add(123'456'789);
  for (const double q : {0.0, 0.5, 0.999, 1.0}) {
    EXPECT_EQ(histogram.quantile(q), 123'456'789U);
  }
}

TEST(Histogram, ErrorStaysBelowATenthOfAPercent) {
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> values;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t ns = random() >> (random() % 60);
    values.push_back(ns);
    histogram.add(ns);
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * 20'000));
    const auto exact = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.quantile(q)), exact, exact * 0.001) << q;
  }
  EXPECT_EQ(histogram.min(), values.front());
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.count(), 20'000U);
}

TEST(Histogram, SomeOfItsValuesAreReplaced) {
  Histogram all;
  for (const std::uint64_t ns : {10U, 20U, 30'000U, 40'000U}) {
    all.add(ns);
  }
  Replacements replaced;
  for (const std::uint64_t ns : {30'000U, 40'000U}) {
    replaced.add(ns, ns / 1000);
  }
  const double fractions[] = {0.25, 0.5, 0.75, 0.99};
  const RankedHistogram ranked(all);
  EXPECT_EQ(ranked.quantiles(fractions, replaced), (std::vector<std::uint64_t>{10, 20, 30, 40}));
  EXPECT_EQ(ranked.quantiles(fractions, {}), ranked.quantiles(fractions));
  EXPECT_EQ(ranked.quantiles(fractions),
            (std::vector<std::uint64_t>{10, 20, all.quantile(0.75), 40'000}));
}

TEST(Histogram, AReplacementWithinItsBucketMayBeTheLeast) {
  Histogram all;
  all.add(1'000'900);
  all.add(2'000'000);
  Replacements replaced;
  replaced.add(1'000'900, 1'000'800);
  const double fractions[] = {0.5};
  EXPECT_EQ(RankedHistogram(all).quantiles(fractions, replaced).front(), 1'000'800U);
}

TEST(Histogram, TakesInAnother) {
  Histogram one, other;
  one.add(10);
  other.add(10);
  other.add(3);
  one.add(other);
  one.add(Histogram());
  EXPECT_EQ(one.count(), 3U);
  EXPECT_EQ(one.min(), 3U);
  EXPECT_EQ(one.max(), 10U);
  EXPECT_EQ(one.quantile(0.5), 10U);
}

TEST(Histogram, HoldsTheLargestNumber) {
  Histogram histogram;
  histogram.add(UINT64_MAX);
  histogram.add(0);
  EXPECT_EQ(histogram.quantile(1.0), 0xfff0000000000000) << "the middle of the last bucket";
  EXPECT_EQ(histogram.max(), UINT64_MAX);
}

}  // namespace wakepath::analysis::testing
