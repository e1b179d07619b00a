// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/cells.hpp"

#include <algorithm>
#include <array>

#include "present/likeness.hpp"
#include "present/view.hpp"
#include "util/utf8.hpp"

namespace wakepath::screen {

namespace {

// Marks that terminals put upon the glyph before. A cell has one glyph.
bool joins_the_one_before(char32_t code) {
  struct Range {
    char32_t first, last;
  };
  constexpr std::array kJoining{
      Range{0x0300, 0x036f}, Range{0x0483, 0x0489},   Range{0x0591, 0x05bd},  Range{0x05bf, 0x05c7},
      Range{0x0610, 0x061a}, Range{0x064b, 0x065f},   Range{0x0670, 0x0670},  Range{0x06d6, 0x06ed},
      Range{0x0900, 0x0903}, Range{0x093a, 0x094f},   Range{0x0e31, 0x0e3a},  Range{0x0e47, 0x0e4e},
      Range{0x1ab0, 0x1aff}, Range{0x1dc0, 0x1dff},   Range{0x200b, 0x200f},  Range{0x202a, 0x202e},
      Range{0x2060, 0x206f}, Range{0x20d0, 0x20ff},   Range{0xfe00, 0xfe0f},  Range{0xfe20, 0xfe2f},
      Range{0xfeff, 0xfeff}, Range{0x1f3fb, 0x1f3ff}, Range{0xe0000, 0xe0fff}};
  return std::ranges::any_of(
      kJoining, [code](const Range& one) { return code >= one.first && code <= one.last; });
}

}  // namespace

std::size_t Cells::put(At at, std::string_view text, Style style, std::size_t width) {
  if (at.row >= size_.rows || at.column >= size_.columns) {
    return 0;
  }
  const std::size_t end = std::min(size_.columns, at.column + std::min(width, size_.columns));
  std::size_t column = at.column;
  Cell* const row = &cells_[at.row * size_.columns];
  while (!text.empty()) {
    if (text.front() >= ' ' && text.front() <= '~') {
      if (column == end) {
        break;
      }
      row[column++] = {std::string(1, text.front()), style};
      text.remove_prefix(1);
      continue;
    }
    const CodePoint code = next_code_point(text);
    const std::string_view glyph = text.substr(0, code.bytes);
    text.remove_prefix(code.bytes);
    const bool shown = code.valid && code.value >= U' ' && !disturbs_display(code.value) &&
                       !joins_the_one_before(code.value);
    const std::size_t columns = shown ? present::columns_of(glyph) : 1;
    if (column + columns > end) {
      break;
    }
    const bool replaced = shown && ascii_ && code.value > U'~';
    row[column] = {!shown     ? std::string("?")
                   : replaced ? std::string(1, present::letter_like(code.value))
                              : std::string(glyph),
                   style};
    if (columns == 2) {
      row[column + 1] = {replaced ? " " : "", style};
    }
    column += columns;
  }
  return column - at.column;
}

void Cells::put_right(At end, std::string_view text, Style style) {
  const std::size_t columns = std::min(present::columns_of(text), end.column);
  put({end.row, end.column - columns}, text, style, columns);
}

void Cells::paint(At at, std::size_t width, Style style) {
  if (at.row >= size_.rows) {
    return;
  }
  for (std::size_t i = at.column; i < std::min(size_.columns, at.column + width); ++i) {
    cells_[at.row * size_.columns + i].style = style;
  }
}

void Cells::fill(At at, std::size_t width, std::string_view glyph, Style style) {
  if (put(at, glyph, style, width) == 0) {
    return;
  }
  Cell* const first = &cells_[at.row * size_.columns + at.column];
  std::fill(first + 1, first + std::min(width, size_.columns - at.column), *first);
}

std::string Cells::text() const {
  std::string all;
  for (std::size_t row = 0; row < size_.rows; ++row) {
    std::string line;
    for (std::size_t column = 0; column < size_.columns; ++column) {
      line += at({row, column}).text;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    all += line;
    all += '\n';
  }
  return all;
}

std::string Cells::styles() const {
  constexpr std::string_view kLetters = "pbdgwrats";
  static_assert(kLetters.size() == kStyles);
  std::string all;
  for (std::size_t row = 0; row < size_.rows; ++row) {
    for (std::size_t column = 0; column < size_.columns; ++column) {
      all += kLetters[static_cast<std::size_t>(at({row, column}).style)];
    }
    all += '\n';
  }
  return all;
}

}  // namespace wakepath::screen
