// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include "interrupts/irq_rows.hpp"

namespace wakepath::present {

// One line, of type "irq".
void irq_json(const interrupts::IrqReport& report, const interrupts::IrqRow& row,
              fmt::memory_buffer& out);

}  // namespace wakepath::present
