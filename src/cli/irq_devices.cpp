// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/irq_devices.hpp"

#include <string>

#include "analysis/irq_sources.hpp"

namespace wakepath::cli {

std::vector<wakepath::Interrupt> read_irq_devices() {
  const std::string root;
  const host::IrqDirectory irqs(root);
  analysis::IrqFacts facts;
  if (auto table = host::read_interrupts(root)) {
    facts.table = std::move(*table);
  } else {
    facts.table = irqs.table();
  }
  for (host::InterruptRow& row : facts.table.rows) {
    if (row.chip_is_guess) {
      irqs.settle(row);
    }
  }
  facts.settings = irqs.settings(facts.table.rows);
  facts.devices = host::read_devices(root);
  facts.vms = host::read_vms(root);
  analysis::DeviceNames names;
  names.by_action = [&root](const std::string& action) {
    return host::find_named_device(root, action);
  };
  return analysis::irq_sources(std::move(facts), names);
}

}  // namespace wakepath::cli
