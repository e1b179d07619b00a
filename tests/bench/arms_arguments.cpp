// SPDX-License-Identifier: GPL-2.0-or-later
#include "arms_arguments.hpp"

#include <charconv>
#include <string_view>

namespace wakepath::bench {

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  const std::string_view mode = argc < 2 ? "" : argv[1];
  if (mode == "lateness") {
    arguments.mode = Mode::lateness;
  } else if (mode == "programs") {
    arguments.mode = Mode::programs;
  } else if (mode == "empty") {
    arguments.mode = Mode::empty;
  } else if (mode == "events") {
    arguments.mode = Mode::events;
  } else {
    return std::nullopt;
  }
  for (int at = 2; at < argc; at += 2) {
    const std::string_view option = argv[at];
    if (at + 1 == argc) {
      return std::nullopt;
    }
    if (option == "--") {
      arguments.command = argv + at + 1;
      break;
    }
    const std::string_view value = argv[at + 1];
    std::uint64_t* number = option == "--rounds"      ? &arguments.rounds
                            : option == "--wakes"     ? &arguments.wakes
                            : option == "--period-us" ? &arguments.period_us
                                                      : nullptr;
    if (option == "--events") {
      arguments.events = value;
    } else if (number == nullptr ||
               std::from_chars(value.data(), value.data() + value.size(), *number).ptr !=
                   value.data() + value.size() ||
               *number == 0) {
      return std::nullopt;
    }
  }
  if (arguments.command != nullptr && arguments.mode != Mode::programs) {
    return std::nullopt;
  }
  return arguments;
}

}  // namespace wakepath::bench
