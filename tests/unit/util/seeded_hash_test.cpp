// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/seeded_hash.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "util/saturated.hpp"

namespace wakepath {
namespace {

TEST(SeededHashTest, OneProcessHasOneSeed) {
  EXPECT_EQ(SeededHash()(7), SeededHash()(7));
  EXPECT_EQ(SeededHash()("eth1"), SeededHash()(std::string("eth1")));
  EXPECT_NE(SeededHash()("eth1"), SeededHash()("eth2"));
  EXPECT_NE(SeededHash()(std::string_view("a\0", 2)), SeededHash()(std::string_view("a", 1)));
}

TEST(SeededHashTest, NeighboursAndMultiplesSpread) {
  const SeededHash hash;
  for (const std::uint64_t step : {1U, 64U, 4096U, 1U << 24U, 1U << 31U}) {
    std::set<std::size_t> places;
    for (std::uint64_t i = 0; i < 4096; ++i) {
      places.insert(hash(0xffff800000000000 + i * step) & 8191U);
    }
    // 4096 balls in 8192 bins take about 3200 of them.
    EXPECT_GT(places.size(), 2000U) << step;
  }
}

TEST(SeededHashTest, TextIsFoundWithoutACopy) {
  SeededMap<std::string, int> map;
  map["vhost-1"] = 5;
  EXPECT_EQ(map.find(std::string_view("vhost-1"))->second, 5);
  EXPECT_EQ(map.find("vhost-2"), map.end());
}

TEST(SaturatedTest, ASumNeverComesOutSmall) {
  EXPECT_EQ(saturated_sum(2, 3), 5U);
  EXPECT_EQ(saturated_sum(UINT64_MAX, 0), UINT64_MAX);
  EXPECT_EQ(saturated_sum(UINT64_MAX - 1, 2), UINT64_MAX);
  EXPECT_EQ(saturated_sum(std::uint64_t{1} << 63U, std::uint64_t{1} << 63U), UINT64_MAX);
}

}  // namespace
}  // namespace wakepath
