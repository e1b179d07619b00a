// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/console.hpp"

#include <algorithm>
#include <array>

#include "util/escape.hpp"

namespace wakepath::cli {

void Console::say(const std::string& text) {
  fmt::format_to(fmt::appender(err_.buffer()), "wakepath: {}\n", escape_terminal(text));
  static_cast<void>(err_.flush());
}

ExitCode Console::report(const Error& error) {
  fmt::format_to(fmt::appender(err_.buffer()), "wakepath: {}\n", escape_terminal(error.message));
  if (!error.fix.empty()) {
    fmt::format_to(fmt::appender(err_.buffer()), "  try: {}\n", escape_terminal(error.fix));
  }
  static_cast<void>(err_.flush());
  return error.code;
}

ExitCode graver(ExitCode a, ExitCode b) {
  // A verdict over damaged input, or one that could not be written down, is none.
  constexpr std::array order{ExitCode::ok,
                             ExitCode::verdict_failed,
                             ExitCode::bad_input,
                             ExitCode::unsupported,
                             ExitCode::not_permitted,
                             ExitCode::bad_output,
                             ExitCode::usage,
                             ExitCode::bug};
  const auto rank = [&order](ExitCode code) {
    return std::ranges::find(order, code) - order.begin();
  };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace wakepath::cli
