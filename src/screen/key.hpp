// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "screen/cells.hpp"

namespace wakepath::screen {

enum class KeyKind : std::uint8_t {
  character,
  up,
  down,
  left,
  right,
  page_up,
  page_down,
  home,
  end,
  enter,
  backspace,
  escape,
  click,  // at a cell
  wheel_up,
  wheel_down,
  interrupt,  // Ctrl-C
};

struct Key {
  KeyKind kind{KeyKind::character};
  char32_t code{};  // of a character
  At at{};          // of a click
};

// As tests and scripts write them: "jj<enter>/web<esc>".
std::vector<Key> keys_of(std::string_view text);

}  // namespace wakepath::screen
