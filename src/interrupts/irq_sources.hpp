// SPDX-License-Identifier: GPL-2.0-or-later
// Each action of each interrupt with the device that it comes from: it names wakes.
#pragma once

#include <vector>

#include "interrupts/irq_rows.hpp"
#include "wakepath/interrupt.hpp"

namespace wakepath::interrupts {

// Where several devices share a line, an action belongs to a device only if it names it.
std::vector<Interrupt> irq_sources(IrqFacts facts, const DeviceNames& names);

}  // namespace wakepath::interrupts
