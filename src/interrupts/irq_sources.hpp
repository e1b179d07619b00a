// SPDX-License-Identifier: GPL-2.0-or-later
// Each action of each interrupt with where it comes from, for what names wakes.
#pragma once

#include <vector>

#include "interrupts/irq_rows.hpp"
#include "wakepath/interrupt.hpp"

namespace wakepath::interrupts {

// Of a line that several devices share only the action that names the device is taken to be its.
std::vector<Interrupt> irq_sources(IrqFacts facts, const DeviceNames& names);

}  // namespace wakepath::interrupts
