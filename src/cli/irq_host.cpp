// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/irq_host.hpp"

#include <linux/magic.h>
#include <sys/vfs.h>

namespace wakepath::cli {

// What there is: a host without /proc/interrupts, as a tree that was copied in part, has
// /sys/kernel/irq perhaps.
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

std::string without_end_slash(std::string root) {
  while (root.ends_with('/')) {
    root.pop_back();
  }
  return root;
}

bool is_of_proc(const std::string& path) {
  struct statfs status {};
  return ::statfs(path.c_str(), &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

}  // namespace wakepath::cli
