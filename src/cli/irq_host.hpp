// SPDX-License-Identifier: GPL-2.0-or-later
// What `irqs`, `irqs move` and a capture read of a host's interrupts.
#pragma once

#include <chrono>
#include <string>

#include "interrupts/irq_rows.hpp"
#include "wakepath/result.hpp"

namespace wakepath::cli {

struct IrqReading {
  interrupts::IrqFacts facts;
  std::chrono::steady_clock::time_point at;  // of the counts
  std::string note;  // for people: what is shown instead where something is missing; empty: nothing
};

// Below `root`, which ends without a slash.
Result<IrqReading> read_irqs(const std::string& root);

std::string without_end_slash(std::string root);

// A file of procfs, and not of a copy of one.
bool is_of_proc(const std::string& path);

}  // namespace wakepath::cli
