// SPDX-License-Identifier: GPL-2.0-or-later
// Where each interrupt may go and goes: /proc/irq/N. And what /sys/kernel/irq/N says of it.
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
  // Kernels from 6.12 on (kernel/irq/proc.c, register_irq_proc) take the right to write from
  // interrupts whose affinity is not the user's to change; nullopt: it can't be told.
  std::optional<bool> movable;
};

class IrqDirectory {
 public:
  explicit IrqDirectory(const std::string& root);
  ~IrqDirectory();
  IrqDirectory(const IrqDirectory&) = delete;
  IrqDirectory& operator=(const IrqDirectory&) = delete;

  // One for each row; empty ones for rows that have no number.
  [[nodiscard]] std::vector<IrqSettings> settings(const std::vector<InterruptRow>& rows) const;
  // Chip, hwirq, trigger and actions from /sys/kernel/irq/N, for a row whose text leaves them open.
  void settle(InterruptRow& row) const;
  // How often it came to which CPU since the start, from /sys/kernel/irq/N/per_cpu_count
  // (Linux 4.9): those that are not 0. nullopt: not known.
  [[nodiscard]] std::optional<std::vector<CpuCount>> counts(std::uint32_t irq) const;
  // The table as /sys/kernel/irq has it, where /proc/interrupts can't be read: no IPIs then.
  [[nodiscard]] InterruptTable table() const;

 private:
  int proc_;
  int sys_;
};

}  // namespace wakepath::host
