// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/tid_map.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace wakepath::reconstruct {
namespace {

TEST(TidMap, HoldsWhatAMapHoldsAfterAnyOrderOfInsertingAndErasing) {
  std::mt19937 random(1);
  TidMap<std::uint64_t> mine;
  std::map<std::uint32_t, std::uint64_t> other;
  for (std::uint64_t step = 1; step <= 200'000; ++step) {
    // Few enough for long runs of slots that are taken, and for erasing what is there.
    const auto tid = static_cast<std::uint32_t>(random() % 300);
    if (random() % 2 == 0) {
      mine[tid] = step;
      other[tid] = step;
    } else {
      mine.erase(tid);
      other.erase(tid);
    }
    const std::uint64_t* found = mine.find(tid);
    ASSERT_EQ(found != nullptr, other.contains(tid)) << step;
    ASSERT_EQ(mine.size(), other.size()) << step;
  }
  std::vector<std::uint32_t> tids;
  for (const auto& [tid, value] : other) {
    tids.push_back(tid);
    ASSERT_NE(mine.find(tid), nullptr) << tid;
    EXPECT_EQ(*mine.find(tid), value) << tid;
  }
  EXPECT_EQ(mine.tids(), tids);
}

TEST(TidMap, ValuesStayWhereTheyAre) {
  TidMap<int> map;
  const int* first = &map[7];
  for (std::uint32_t tid = 100; tid < 10'000; ++tid) {
    map[tid] = 1;
  }
  map.erase(5'000);
  EXPECT_EQ(map.find(7), first);
}

TEST(TidMap, AThreadThatComesBackIsNew) {
  TidMap<int> map;
  map[7] = 3;
  map.erase(7);
  EXPECT_EQ(map[7], 0);
}

}  // namespace
}  // namespace wakepath::reconstruct
