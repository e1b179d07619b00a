// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace wakepath {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// C0, DEL and C1; Arabic letter mark; zero-width, direction marks; line separators and direction
// overrides; invisible operators and isolates; the byte order mark; interlinear marks; tags.
constexpr std::array<Range, 9> kDisturbing = {{{0x00, 0x1f},
                                               {0x7f, 0x9f},
                                               {0x61c, 0x61c},
                                               {0x200b, 0x200f},
                                               {0x2028, 0x202e},
                                               {0x2060, 0x206f},
                                               {0xfeff, 0xfeff},
                                               {0xfff9, 0xfffb},
                                               {0xe0000, 0xe007f}}};

struct Lead {
  std::size_t bytes;
  char32_t bits;
  char32_t smallest;  // the smallest code point of this length; a smaller one is overlong
};

// Of a character that is not ASCII.
Lead lead_of(std::uint8_t byte) {
  if (byte >= 0xc2 && byte <= 0xdf) {
    return {2, byte & 0x1fU, 0x80};
  }
  if (byte >= 0xe0 && byte <= 0xef) {
    return {3, byte & 0x0fU, 0x800};
  }
  if (byte >= 0xf0 && byte <= 0xf4) {
    return {4, byte & 0x07U, 0x10000};
  }
  return {0, 0, 0};
}

}  // namespace

CodePoint next_code_point(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text.front());
  if (first < 0x80) {
    return {first, 1, true};
  }
  const CodePoint invalid{first, 1, false};
  const Lead lead = lead_of(first);
  if (lead.bytes == 0 || lead.bytes > text.size()) {
    return invalid;
  }
  char32_t value = lead.bits;
  for (std::size_t i = 1; i < lead.bytes; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xc0U) != 0x80U) {
      return invalid;
    }
    value = (value << 6U) | (byte & 0x3fU);
  }
  if (value < lead.smallest || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    return invalid;
  }
  return {value, lead.bytes, true};
}

bool disturbs_display(char32_t value) {
  constexpr char32_t kFirst = 0x20, kLast = 0x7e;  // of ASCII's characters, which most text is of
  if (value >= kFirst && value <= kLast) {
    return false;
  }
  return std::any_of(kDisturbing.begin(), kDisturbing.end(), [value](const Range& range) {
    return value >= range.first && value <= range.last;
  });
}

}  // namespace wakepath
