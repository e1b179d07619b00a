// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

#include <fmt/format.h>

#include "interrupts/irq_rows.hpp"

namespace wakepath::present {

enum class IrqDetail {
  fitting,  // each interrupt where they are few, else a line for each device
  all,
};

// The interrupts for people. With a line for each device those stand first that interrupt most;
// what never came, and what comes after the first screen, is counted in a line below.
void irq_table(const interrupts::IrqReport& report, IrqDetail detail, fmt::memory_buffer& out);

}  // namespace wakepath::present
