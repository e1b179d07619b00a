// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/exit_code.hpp"

#include <algorithm>
#include <array>

namespace wakepath::cli {

ExitCode exit_code_of(ErrorKind kind) { return static_cast<ExitCode>(kind); }

ExitCode more_severe(ExitCode a, ExitCode b) {
  // A verdict over damaged input does not count, nor one that could not be written.
  constexpr std::array order{ExitCode::ok,          ExitCode::verdict_failed, ExitCode::bad_input,
                             ExitCode::unsupported, ExitCode::not_permitted,  ExitCode::bad_output,
                             ExitCode::interrupted, ExitCode::usage,          ExitCode::bug};
  const auto rank = [&order](ExitCode code) {
    return std::ranges::find(order, code) - order.begin();
  };
  return rank(a) >= rank(b) ? a : b;
}

}  // namespace wakepath::cli
