// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/cells.hpp"

#include <gtest/gtest.h>

namespace wakepath::screen {

TEST(Cells, PutsAGlyphACell) {
  Cells cells({6, 1});
  EXPECT_EQ(cells.put({0, 1}, "aé▇b", Style::bad), 4U);
  EXPECT_EQ(cells.text(), " aé▇b\n");
  EXPECT_EQ(cells.styles(), "prrrrp\n");
  EXPECT_EQ(cells.at({0, 2}).text, "é");
}

TEST(Cells, KeepsInsideOfTheRowAndOfTheWidth) {
  Cells cells({4, 2});
  EXPECT_EQ(cells.put({0, 2}, "abc"), 2U);
  EXPECT_EQ(cells.put({1, 0}, "abc", Style::plain, 1), 1U);
  EXPECT_EQ(cells.put({2, 0}, "abc"), 0U);
  EXPECT_EQ(cells.put({0, 4}, "abc"), 0U);
  EXPECT_EQ(cells.text(), "  ab\na\n");
}

TEST(Cells, GivesWideGlyphsTwoCellsAndNeverHalfAOne) {
  Cells cells({3, 1});
  EXPECT_EQ(cells.put({0, 0}, "漢字"), 2U);
  EXPECT_EQ(cells.at({0, 0}).text, "漢");
  EXPECT_EQ(cells.at({0, 1}).text, "");
  EXPECT_EQ(cells.at({0, 2}).text, " ");
}

TEST(Cells, ShowsNothingThatMovesTheCursorOrJoinsAGlyph) {
  Cells cells({12, 1});
  cells.put({0, 0}, "a\x1b[2J\n\x7f\u0301\u202e\xff");
  EXPECT_EQ(cells.text(), "a?[2J?????\n");
}

TEST(Cells, HasLettersForATerminalWithoutUtf8) {
  Cells cells({8, 1}, true);
  cells.put({0, 0}, "─│█▁…é漢");
  EXPECT_EQ(cells.text(), "-|#_~??\n");
}

TEST(Cells, PutsToTheRight) {
  Cells cells({8, 1});
  cells.put_right({0, 6}, "▇ab");
  cells.put_right({0, 2}, "too long");
  EXPECT_EQ(cells.text(), "to ▇ab\n");
}

}  // namespace wakepath::screen
