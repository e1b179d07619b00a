// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/irq_devices.hpp"

#include <string>

#include "cli/irq_host.hpp"
#include "interrupts/irq_sources.hpp"

namespace wakepath::cli {

std::vector<wakepath::Interrupt> read_irq_devices() {
  const std::string root;
  auto reading = read_irqs(root);
  if (!reading) {
    return {};
  }
  interrupts::DeviceNames names;
  names.by_action = [&root](const std::string& action) {
    return host::find_named_device(root, action);
  };
  return interrupts::irq_sources(std::move(reading->facts), names);
}

}  // namespace wakepath::cli
