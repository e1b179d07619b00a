// SPDX-License-Identifier: GPL-2.0-or-later
// What a host shows of its interrupts, read.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "interrupts/irq_rows.hpp"
#include "wakepath/interrupt.hpp"
#include "wakepath/result.hpp"

namespace wakepath::interrupts {

struct IrqReading {
  IrqFacts facts;
  std::chrono::steady_clock::time_point at;  // of the counts
  std::string note;  // for people: what is shown instead where something is missing; empty: nothing
};

// Below `root`, which ends without a slash.
Result<IrqReading> read_irqs(const std::string& root);

// The names of devices that the host itself knows, without a list of PCI devices.
DeviceNames device_names(std::string root);

// Where this host's interrupts come from, for a capture; none where the host does not show them.
// PCI devices have their numbers, not their makers' names: a list of names that can't be parsed
// would end the capture (host/pci_names.hpp).
std::vector<Interrupt> read_irq_sources();

}  // namespace wakepath::interrupts
