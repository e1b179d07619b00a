// SPDX-License-Identifier: GPL-2.0-or-later
// Each action of each interrupt with where it comes from, for what names wakes.
#pragma once

#include <vector>

#include "analysis/irq_rows.hpp"
#include "wakepath/interrupt.hpp"

namespace wakepath::analysis {

// Of a line that several devices share only the action that names the device is taken to be its.
std::vector<Interrupt> irq_sources(IrqFacts facts, const DeviceNames& names);

}  // namespace wakepath::analysis
