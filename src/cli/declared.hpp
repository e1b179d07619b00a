// SPDX-License-Identifier: GPL-2.0-or-later
// What a host declares, read for an audit.
#pragma once

#include <optional>
#include <string>

#include "audit/audit.hpp"
#include "host/host_settings.hpp"
#include "interrupts/irq_rows.hpp"

namespace wakepath::cli {

// The host's settings and interrupts.
struct Declared {
  host::HostSettings settings;
  std::optional<interrupts::IrqReport> irqs;
};

Declared read_declared(const std::string& root);
// `declared` must outlive `input`.
void declare(const Declared& declared, audit::AuditInput& input);

}  // namespace wakepath::cli
