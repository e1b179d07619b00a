// SPDX-License-Identifier: GPL-2.0-or-later
// What is wrong with a command line, in one plain sentence, and the --help that mends it.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "wakepath/result.hpp"

namespace wakepath::cli {

// No subcommand has that name.
Error no_such_command(const CLI::App& root, const std::string& given);

// `error` came of parsing with `root`.
Error explain(const CLI::App& root, const CLI::ParseError& error);

}  // namespace wakepath::cli
