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

// The interrupts for people. Where each line is a device, the busiest devices stand first. Lines at
// the end count the devices that never interrupted, and the ones beyond the first screen. Of
// `width` columns the table takes no more, as far as it can: it leaves out columns, and says which.
void irq_table(const interrupts::IrqReport& report, IrqDetail detail, std::size_t width,
               fmt::memory_buffer& out);

}  // namespace wakepath::present
