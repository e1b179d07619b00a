// SPDX-License-Identifier: GPL-2.0-or-later
// The exit codes of the program. README.md and the manual list them.
#pragma once

#include "wakepath/result.hpp"

namespace wakepath::cli {

enum class ExitCode : int {
  ok = 0,
  verdict_failed = 1,
  usage = 2,
  unsupported = 3,
  not_permitted = 4,
  bad_input = 5,
  bad_output = 6,
  bug = 70,
  interrupted = 130,  // before there was anything to show
};

ExitCode exit_code_of(ErrorKind kind);

// A run can end in two ways: the exit code that a script should see.
ExitCode more_severe(ExitCode a, ExitCode b);

}  // namespace wakepath::cli
