// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/declared.hpp"

#include <utility>

#include "interrupts/irq_reading.hpp"

namespace wakepath::cli {

Declared read_declared(const std::string& root) {
  Declared declared{host::read_settings(root), {}};
  auto reading = interrupts::read_irqs(root);
  if (!reading) {
    return declared;
  }
  declared.irqs = interrupts::explain(std::move(reading->facts), interrupts::device_names(root));
  return declared;
}

void declare(const Declared& declared, audit::AuditInput& input) {
  input.settings = &declared.settings;
  input.irqs = declared.irqs ? &*declared.irqs : nullptr;
}

}  // namespace wakepath::cli
