// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/list_index.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace wakepath {
namespace {

TEST(ListIndex, FindsEachEntryOfAFewAndOfMany) {
  std::vector<int> list;
  ListIndex index;
  // Two share a hash each.
  const auto hash_of = [](int value) { return static_cast<std::size_t>(value / 2); };
  const auto find = [&](int sought) {
    return index.find(
        list, [sought](int one) { return one == sought; }, hash_of,
        [&] { return hash_of(sought); });
  };
  for (int value = 0; value < 100; ++value) {
    EXPECT_EQ(find(value), list.size());
    list.push_back(value);
    EXPECT_EQ(find(value), list.size() - 1);
    EXPECT_EQ(find(0), 0U);
  }
  list.assign({5, 6});
  index.clear();
  EXPECT_EQ(find(6), 1U);
  EXPECT_EQ(find(0), 2U);
}

}  // namespace
}  // namespace wakepath
