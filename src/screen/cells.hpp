// SPDX-License-Identifier: GPL-2.0-or-later
// A page of a terminal as data: what stands in each cell, and how it looks. Nothing of it can move
// a cursor: what is put is escaped text, a glyph a cell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wakepath::screen {

struct Size {
  std::size_t columns{80};
  std::size_t rows{24};
  bool operator==(const Size&) const = default;
};
inline constexpr Size kLeastSize{80, 24};
inline constexpr Size kMostSize{300, 100};  // what is larger stays blank

enum class Style : std::uint8_t {
  plain,
  bold,
  dim,
  good,
  warning,
  bad,
  bar,
  title,     // of a column
  selected,  // the row that the keys act on
};
inline constexpr std::size_t kStyles = 9;

struct Cell {
  std::string text{" "};  // a glyph; empty: the right half of the one before
  Style style{Style::plain};
  bool operator==(const Cell&) const = default;
};

struct At {
  std::size_t row{};
  std::size_t column{};
};

class Cells {
 public:
  // `ascii`: for a terminal that has nothing else; bars and lines become letters that are like
  // them.
  explicit Cells(Size size, bool ascii = false)
      : size_(size), ascii_(ascii), cells_(size.rows * size.columns) {}

  [[nodiscard]] Size size() const { return size_; }
  [[nodiscard]] const Cell& at(At at) const { return cells_[at.row * size_.columns + at.column]; }
  // From `at` on to the right, at most `width` columns, or the row's end; gives the columns taken.
  // Control characters and half glyphs become "?", and so does what would join the glyph before.
  std::size_t put(At at, std::string_view text, Style style = Style::plain,
                  std::size_t width = kMostSize.columns);
  // So that it ends before column `end`.
  void put_right(At end, std::string_view text, Style style = Style::plain);
  // The style of cells that are there.
  void paint(At at, std::size_t width, Style style);
  void fill(At at, std::size_t width, std::string_view glyph, Style style = Style::plain);

  // Lines without blanks at their ends.
  [[nodiscard]] std::string text() const;
  // The same with a letter for each style: p, b, d, g, w, r, a, t, s.
  [[nodiscard]] std::string styles() const;
  bool operator==(const Cells& other) const = default;

 private:
  Size size_;
  bool ascii_;
  std::vector<Cell> cells_;
};

}  // namespace wakepath::screen
