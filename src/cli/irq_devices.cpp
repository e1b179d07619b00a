// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/irq_devices.hpp"

#include <string>

#include "analysis/irq_sources.hpp"
#include "cli/irq_host.hpp"

namespace wakepath::cli {

std::vector<wakepath::Interrupt> read_irq_devices() {
  const std::string root;
  auto reading = read_irqs(root);
  if (!reading) {
    return {};
  }
  analysis::DeviceNames names;
  names.by_action = [&root](const std::string& action) {
    return host::find_named_device(root, action);
  };
  return analysis::irq_sources(std::move(reading->facts), names);
}

}  // namespace wakepath::cli
