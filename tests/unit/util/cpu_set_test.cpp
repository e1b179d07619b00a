// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cpu_set.hpp"

#include <gtest/gtest.h>

namespace wakepath {
namespace {

TEST(CpuSet, ReadsAndWritesAsTheKernelDoes) {
  for (const char* text : {"", "0", "0-3,8", "1,3,5", "0-4095", "10-11"}) {
    EXPECT_EQ(CpuSet::parse(text).value().text(), text);
  }
  EXPECT_EQ(CpuSet::parse("3,1-2,2").value().text(), "1-3");
  EXPECT_EQ(CpuSet::parse("0-3,8").value().list(), (std::vector<std::uint32_t>{0, 1, 2, 3, 8}));
}

TEST(CpuSet, RefusesWhatIsNoList) {
  for (const char* text :
       {",", "1,", ",1", "1,,2", "a", "1-", "-1", "3-1", "1-2-3", " 1", "1 ", "4096", "0-4096",
        "99999999999999999999", "0-18446744073709551615", "0x1", "1\n", "0-3:1/2"}) {
    const auto set = CpuSet::parse(text);
    ASSERT_FALSE(set) << text;
    EXPECT_EQ(set.error().kind, ErrorKind::usage);
  }
}

TEST(CpuSet, AddsAndRemoves) {
  CpuSet set;
  EXPECT_TRUE(set.empty());
  set.remove(7);
  set.add(7);
  EXPECT_TRUE(set.contains(7));
  EXPECT_FALSE(set.contains(6));
  EXPECT_FALSE(set.contains(4000));
  set.remove(7);
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.text(), "");
}

}  // namespace
}  // namespace wakepath
