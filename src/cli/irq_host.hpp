// SPDX-License-Identifier: GPL-2.0-or-later
// What `irqs` and `irqs move` read of a host.
#pragma once

#include <chrono>
#include <string>

#include "analysis/irq_rows.hpp"
#include "cli/console.hpp"
#include "wakepath/result.hpp"

namespace wakepath::cli {

struct IrqReading {
  analysis::IrqFacts facts;
  std::chrono::steady_clock::time_point at;  // of the counts
};

// Below `root`, which ends without a slash. Says what is shown instead where something is missing.
Result<IrqReading> read_irqs(const std::string& root, Console& console);

std::string without_end_slash(std::string root);

// A file of procfs, and not of a copy of one.
bool is_of_proc(const std::string& path);

}  // namespace wakepath::cli
