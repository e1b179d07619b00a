// SPDX-License-Identifier: GPL-2.0-or-later
// How a command opens what it reads.
#pragma once

#include <memory>
#include <string>

#include "cli/interrupt.hpp"
#include "host/given_root.hpp"
#include "import/opening.hpp"
#include "wakepath/sources.hpp"

namespace wakepath::cli {

// As foreign::open_given_files(). Error: usage too, where standard output goes to the same file.
Result<foreign::GivenFiles> open_files_to_print(const std::string& path,
                                                const std::string& kallsyms = {});

// Gives up this process's rights (privilege::read_files_only) before the first byte is read. Errors
// as wakepath::open_input().
Result<std::unique_ptr<InputSource>> read_given(foreign::GivenFiles given,
                                                const Interrupt& interrupt);

// Both.
Result<std::unique_ptr<InputSource>> open_to_print(const std::string& path,
                                                   const std::string& kallsyms,
                                                   const Interrupt& interrupt);

// As GivenRoot::open(). Ctrl-C ends it.
Result<host::GivenRoot> open_root(const std::string& given, const host::GivenRoot::Opened& opened);

// Why the end of what was read is not that of the input.
Partial partial_of(const InputSource& source, const Interrupt& interrupt);

}  // namespace wakepath::cli
