// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/kept_list.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace wakepath::recorder {
namespace {

std::string names(const std::vector<KeptFile>& files) {
  std::string text;
  for (const KeptFile& file : files) {
    text += file.path;
  }
  return text;
}

TEST(KeptList, KeepsTheWorstNeitherTheFirstNorTheLast) {
  KeptList list(3, 1000);
  EXPECT_EQ(names(list.add({"a", 5, 1})), "");
  EXPECT_EQ(names(list.add({"b", 9, 1})), "");
  EXPECT_EQ(names(list.add({"c", 2, 1})), "");
  EXPECT_EQ(names(list.add({"d", 7, 1})), "c");
  EXPECT_EQ(names(list.add({"e", 1, 1})), "e") << "it is not among the worst itself";
  EXPECT_EQ(names(list.add({"f", 5, 1})), "a") << "of equals the younger stays";
  EXPECT_EQ(names(list.files()), "bdf");
  EXPECT_EQ(list.bytes(), 3U);
}

TEST(KeptList, KeepsToTheBytesToo) {
  KeptList list(100, 100);
  EXPECT_EQ(names(list.add({"a", 5, 60})), "");
  EXPECT_EQ(names(list.add({"b", 9, 60})), "a");
  EXPECT_EQ(names(list.add({"c", 10, 500})), "b") << "one stays, however large";
  EXPECT_EQ(list.bytes(), 500U);
  EXPECT_EQ(names(list.add({"d", 1, 1})), "d");
}

}  // namespace
}  // namespace wakepath::recorder
