// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/bars.hpp"

#include <gtest/gtest.h>

#include "present/view.hpp"

namespace wakepath::present {
namespace {

TEST(Bars, AreAsLongAsTheirValue) {
  EXPECT_EQ(bar(8, 8, 4), "████");
  EXPECT_EQ(bar(4, 8, 4), "██");
  EXPECT_EQ(bar(1, 16, 4), "▎");
  EXPECT_EQ(bar(0, 8, 4), "");
  EXPECT_EQ(bar(1, 1'000'000, 4), "▏") << "what is there shows";
  EXPECT_EQ(bar(5, 0, 4), "");
}

TEST(Bars, StandUpright) {
  EXPECT_EQ(upright({0, 8, 16}, 2), (std::vector<std::string>{"  █", " ██"}));
  EXPECT_EQ(upright({1, 16}, 2), (std::vector<std::string>{" █", "▁█"}));
}

TEST(Wrapped, KeepsWhatFitsAndBreaksTheRestAtBlanks) {
  EXPECT_EQ(wrapped("short\n\nlines\n", 10), "short\n\nlines\n");
  EXPECT_EQ(wrapped("  one two three\n", 10), "  one two\n    three\n");
  EXPECT_EQ(wrapped("1 one two three", 9, 2), "1 one two\n  three");
  EXPECT_EQ(wrapped("/a/path/without/blanks x", 8), "/a/path/without/blanks\n  x");
  EXPECT_EQ(wrapped("  fix: one two three", 8), "  fix: one two three") << "to be copied";
  EXPECT_EQ(wrapped("äöü äöü äöü", 7), "äöü äöü\n  äöü") << "columns, not bytes";
  EXPECT_EQ(wrapped("\x1b[1mone\x1b[0m two", 7), "\x1b[1mone\x1b[0m two")
      << "colour takes no column";
}

TEST(ShortenMiddle, KeepsBothEnds) {
  EXPECT_EQ(shorten_middle("kvm_bg_timer_expire", 30), "kvm_bg_timer_expire");
  EXPECT_EQ(shorten_middle("kvm_bg_timer_expire", 9), "kvm_…pire");
  EXPECT_EQ(columns_of(shorten_middle("äöüäöüäöüäöü", 7)), 7U);
}

TEST(Painted, IsPlainWithoutColor) {
  EXPECT_EQ(painted("FAIL", Paint::red, false), "FAIL");
  EXPECT_EQ(painted("FAIL", Paint::red, true), "\x1b[1;31mFAIL\x1b[0m");
}

}  // namespace
}  // namespace wakepath::present
