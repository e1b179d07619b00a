// SPDX-License-Identifier: GPL-2.0-or-later
// What `wakepath irqs move` did, or would do.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "interrupts/irq_move.hpp"

namespace wakepath::present {

// Before and after, a row an interrupt. `dry`: nothing was done.
void move_table(const std::vector<interrupts::MoveOutcome>& outcomes, bool dry,
                fmt::memory_buffer& out);

// The shell commands that put back what was written. Nothing was written: no text.
void undo_text(const std::vector<interrupts::MoveOutcome>& outcomes, const std::string& root,
               fmt::memory_buffer& out);
// The shell commands that do what a dry run left out.
void plan_text(const std::vector<interrupts::MoveOutcome>& outcomes, const std::string& root,
               fmt::memory_buffer& out);

// One line, of type "irq_move".
void move_json(const interrupts::MoveOutcome& outcome, const std::string& root,
               fmt::memory_buffer& out);

}  // namespace wakepath::present
