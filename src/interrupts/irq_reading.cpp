// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts/irq_reading.hpp"

#include <utility>

#include "interrupts/irq_sources.hpp"

namespace wakepath::interrupts {

// A host without /proc/interrupts, such as a tree that was copied in part, may have
// /sys/kernel/irq.
Result<IrqReading> read_irqs(const std::string& root) {
  IrqReading reading;
  const host::IrqDirectory irqs(root);
  auto table = host::read_interrupts(root);
  reading.at = std::chrono::steady_clock::now();
  if (table) {
    reading.facts.table = std::move(*table);
  } else {
    reading.facts.table = irqs.table();
    if (reading.facts.table.rows.empty()) {
      return tl::unexpected(table.error());
    }
    reading.note = table.error().message + "; /sys/kernel/irq is shown, which has no IPIs";
  }
  for (host::InterruptRow& row : reading.facts.table.rows) {
    if (row.chip_is_guess) {
      irqs.settle(row);
    }
  }
  reading.facts.settings = irqs.settings(reading.facts.table.rows);
  reading.facts.devices = host::read_devices(root);
  reading.facts.vms = host::read_vms(root);
  return reading;
}

DeviceNames device_names(std::string root) {
  DeviceNames names;
  names.by_action = [root = std::move(root)](const std::string& action) {
    return host::find_named_device(root, action);
  };
  return names;
}

std::vector<Interrupt> read_irq_sources() {
  auto reading = read_irqs("");
  return reading ? irq_sources(std::move(reading->facts), device_names(""))
                 : std::vector<Interrupt>{};
}

}  // namespace wakepath::interrupts
