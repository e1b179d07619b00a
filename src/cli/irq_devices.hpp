// SPDX-License-Identifier: GPL-2.0-or-later
// Where this host's interrupts come from, for a capture.
#pragma once

#include <vector>

#include "wakepath/interrupt.hpp"

namespace wakepath::cli {

// None where the host does not show them. PCI devices have their numbers, not their makers' names:
// a list of names that can't be parsed would end the capture (host/pci_names.hpp).
std::vector<wakepath::Interrupt> read_irq_devices();

}  // namespace wakepath::cli
