// SPDX-License-Identifier: GPL-2.0-or-later
// The CPUs that each interrupt may go to and goes to (/proc/irq/N), and its facts in
// /sys/kernel/irq/N.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/interrupt_table.hpp"
#include "util/cpu_set.hpp"

namespace wakepath::host {

struct IrqSettings {
  // CPU lists as the kernel writes them; empty: not known.
  std::string affinity;
  std::string effective;
  std::optional<std::int32_t> node;
  // Kernels from 6.12 on (kernel/irq/proc.c, register_irq_proc) make the file read-only if users
  // can't change the interrupt's affinity. nullopt: not known.
  std::optional<bool> movable;
};

class IrqDirectory {
 public:
  explicit IrqDirectory(const std::string& root);
  ~IrqDirectory();
  IrqDirectory(const IrqDirectory&) = delete;
  IrqDirectory& operator=(const IrqDirectory&) = delete;

  // One for each row; empty for a row without number.
  [[nodiscard]] std::vector<IrqSettings> settings(const std::vector<InterruptRow>& rows) const;
  // Chip, hwirq, trigger and actions from /sys/kernel/irq/N, for a row whose text does not give
  // them.
  void settle(InterruptRow& row) const;
  // Its counts by CPU since boot, from /sys/kernel/irq/N/per_cpu_count (Linux 4.9); without zeros.
  // nullopt: not known.
  [[nodiscard]] std::optional<std::vector<CpuCount>> counts(std::uint32_t irq) const;
  // The table from /sys/kernel/irq, for a host whose /proc/interrupts can't be read. It has no
  // IPIs.
  [[nodiscard]] InterruptTable table() const;

 private:
  int proc_;
  int sys_;
};

}  // namespace wakepath::host
