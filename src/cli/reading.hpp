// SPDX-License-Identifier: GPL-2.0-or-later
// How a command opens what it reads.
#pragma once

#include <memory>
#include <string>

#include "cli/interrupt.hpp"
#include "host/given_root.hpp"
#include "wakepath/sources.hpp"

namespace wakepath::cli {

// As wakepath::open_input(). Error: usage too, where standard output goes to the same file.
Result<std::unique_ptr<InputSource>> open_to_print(const std::string& path,
                                                   const InputOptions& options = {});

// As GivenRoot::open(). Ctrl-C ends it.
Result<host::GivenRoot> open_root(const std::string& given);

// Why the end of what was read is not that of the input.
Partial partial_of(const InputSource& source, const Interrupt& interrupt);

}  // namespace wakepath::cli
