// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/console.hpp"

namespace wakepath::cli {

// The whole program, from its command line to its exit code.
ExitCode run(int argc, const char* const* argv, Console& console);

}  // namespace wakepath::cli
