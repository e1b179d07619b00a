// SPDX-License-Identifier: GPL-2.0-or-later
// Reads one code point at a time from arbitrary bytes.
#pragma once

#include <cstddef>
#include <string_view>

namespace wakepath {

struct CodePoint {
  char32_t value{};
  std::size_t bytes{1};
  bool valid{false};  // false: one byte that is no part of valid UTF-8
};

// The code point at the start of `text`, which must not be empty. Overlong forms, surrogates and
// code points past U+10FFFF are not valid.
CodePoint next_code_point(std::string_view text);

// Would showing it move the cursor, hide something or turn the reading direction?
bool disturbs_display(char32_t value);

}  // namespace wakepath
