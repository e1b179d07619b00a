// SPDX-License-Identifier: GPL-2.0-or-later
// How a command opens what it reads.
#pragma once

#include <memory>
#include <string>

#include "wakepath/sources.hpp"

namespace wakepath::cli {

// As wakepath::open_input(). Error: usage too, where standard output goes to the same file.
Result<std::unique_ptr<InputSource>> open_to_print(const std::string& path,
                                                   const InputOptions& options = {});

}  // namespace wakepath::cli
