// SPDX-License-Identifier: GPL-2.0-or-later
// Names of interrupts, by device where that is known. Safe for a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "wakepath/wake_chain.hpp"

namespace wakepath::present {

// "eth1 rx-1 (0000:04:00.0, irq 57)", "vfio-msix[3](0000:41:00.0) (irq 58, VM web)"; `name` stands
// where the device has none, or `interrupt` is null: "arch_timer (irq 13)".
std::string interrupt_text(const std::string& name, std::optional<std::uint32_t> irq,
                           const Interrupt* interrupt);
std::string interrupt_text(const Interrupt& interrupt);
// An interrupt of a device is named as above, everything else by its name alone.
std::string blamed_text(const Blame& blame);

}  // namespace wakepath::present
