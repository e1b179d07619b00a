// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/task_state.hpp"

#include <algorithm>
#include <array>

#include "import/text/fields.hpp"

namespace wakepath::foreign::text {

namespace {

struct Letter {
  char letter;
  std::uint32_t bits;
};

// fs/proc/array.c, task_state_array, and what older kernels print besides. "I" is TASK_IDLE:
// uninterruptible, and no load.
constexpr std::array kLetters{
    Letter{'R', 0},     Letter{'S', 0x1},   Letter{'D', 0x2},   Letter{'T', 0x4},
    Letter{'t', 0x8},   Letter{'Z', 0x20},  Letter{'P', 0x40},  Letter{'X', 0x80},
    Letter{'x', 0x80},  Letter{'K', 0x100}, Letter{'W', 0x200}, Letter{'N', 0x400},
    Letter{'I', 0x402},
};

}  // namespace

std::optional<TaskState> parse_task_state(std::string_view text) {
  TaskState state;
  if (text.ends_with('+')) {
    state.preempted = true;
    text.remove_suffix(1);
  }
  while (!text.empty()) {
    const auto found = std::ranges::find(kLetters, text.front(), &Letter::letter);
    if (found != kLetters.end()) {
      state.bits |= found->bits;
      text.remove_prefix(1);
    } else {
      // Bits without a letter: "S|0x1000".
      Fields fields(text);
      std::uint64_t bits = 0;
      if (!text.starts_with("0x") || !fields.hex(bits)) {
        return std::nullopt;
      }
      state.bits |= static_cast<std::uint32_t>(bits);
      text = fields.rest();
    }
    if (text.empty()) {
      return state;
    }
    if (text.front() != '|') {
      return std::nullopt;
    }
    text.remove_prefix(1);
  }
  return std::nullopt;
}

}  // namespace wakepath::foreign::text
