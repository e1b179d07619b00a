// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/likeness.hpp"

#include <algorithm>
#include <array>

#include "present/view.hpp"
#include "util/utf8.hpp"

namespace wakepath::present {

namespace {

struct Likeness {
  char32_t code;
  char letter;
};
constexpr std::array kLikenesses{
    Likeness{U'─', '-'}, Likeness{U'│', '|'}, Likeness{U'┬', '+'}, Likeness{U'┴', '+'},
    Likeness{U'█', '#'}, Likeness{U'▉', '#'}, Likeness{U'▊', '#'}, Likeness{U'▋', '#'},
    Likeness{U'▌', '='}, Likeness{U'▍', '-'}, Likeness{U'▎', '-'}, Likeness{U'▏', '.'},
    Likeness{U'▁', '_'}, Likeness{U'▂', '.'}, Likeness{U'▃', '-'}, Likeness{U'▄', '='},
    Likeness{U'▅', '+'}, Likeness{U'▆', '*'}, Likeness{U'▇', '%'}, Likeness{U'░', '.'},
    Likeness{U'▒', ':'}, Likeness{U'▓', '%'}, Likeness{U'▼', 'v'}, Likeness{U'…', '~'},
    Likeness{U'↑', '^'}, Likeness{U'↓', 'v'}, Likeness{U'←', '<'}, Likeness{U'↵', '>'},
    Likeness{U'▶', '>'}, Likeness{U'●', '*'}};

}  // namespace

char letter_like(char32_t code) {
  const auto found = std::ranges::find(kLikenesses, code, &Likeness::code);
  return found == kLikenesses.end() ? '?' : found->letter;
}

std::string as_ascii(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint code = next_code_point(text);
    const std::string_view glyph = text.substr(0, code.bytes);
    if (code.valid && code.value < 0x80) {
      out += glyph;
    } else {
      out.append(std::max<std::size_t>(columns_of(glyph), 1), letter_like(code.value));
    }
    text.remove_prefix(code.bytes);
  }
  return out;
}

}  // namespace wakepath::present
