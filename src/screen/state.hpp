// SPDX-License-Identifier: GPL-2.0-or-later
// What the user looks at: which rows, which of them is chosen, what he typed. Keys change it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "screen/key.hpp"
#include "screen/rows.hpp"

namespace wakepath::screen {

// A view that was opened, one upon the other.
struct Place {
  RowChoice choice;
  std::string chosen;    // the row's id; empty: the first, whichever it is
  std::size_t index{0};  // where it stood when it was last drawn
  std::size_t top{0};    // the first row, or line, that is shown
};

enum class Typing : std::uint8_t { nothing, filter, target };

// What a key asks of the program around the screen.
enum class Wish : std::uint8_t {
  nothing,
  quit,
  record,   // a dump, now
  save,     // the chosen wake
  to_file,  // the chosen wake, for other programs
  play,     // or pause
  step,     // to the next wake
  faster,
  slower,
  forward,
  back,
  to_begin,
  to_end,
};

struct State {
  std::vector<Place> places{1};  // the last one is shown; never empty
  Typing typing{Typing::nothing};
  std::string typed;
  std::string message;  // until the next key

  [[nodiscard]] Place& place() { return places.back(); }
  [[nodiscard]] const Place& place() const { return places.back(); }
};

}  // namespace wakepath::screen
