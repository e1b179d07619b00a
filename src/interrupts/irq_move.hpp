// SPDX-License-Identifier: GPL-2.0-or-later
// Moving interrupts to other CPUs: what to write where, what is refused, and how it went. Nothing
// here opens or writes a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/host_facts.hpp"
#include "interrupts/irq_rows.hpp"
#include "util/cpu_set.hpp"
#include "wakepath/result.hpp"

namespace wakepath::interrupts {

struct MoveWanted {
  std::string irq;     // as /proc/interrupts labels it; empty: all of `device`
  std::string device;  // as for IrqSelection
  CpuSet cpus;
  bool spread{false};  // a device's queues over the CPUs in turn
};

struct IrqMove {
  IrqRow row;   // as it is before; its number and its affinity are known
  CpuSet cpus;  // what is to be written
};

// Refuses what the kernel refuses, and also what the kernel would take and then ignore:
// write_irq_affinity() (kernel/irq/proc.c) takes a list with one CPU that is online, and leaves
// offline CPUs out without a word. Errors: usage (no such IRQ, device or CPU; an offline CPU),
// unsupported (an interrupt that nobody can move), bad_input (its affinity can't be read).
Result<std::vector<IrqMove>> plan_moves(IrqReport report, const MoveWanted& wanted,
                                        const host::Cpus& cpus);

// What an errno of /proc/irq/N/smp_affinity_list means, when it is opened for writing and when it
// is written. `again` is the command line that was given.
Error open_refused(const IrqRow& row, int error, const std::string& again);
Error write_refused(const IrqRow& row, int error);

struct MoveOutcome {
  IrqMove move;
  bool written{false};
  std::optional<Error> refusal;  // the kernel's
  // Read back at the end; empty: not known.
  std::string affinity, effective;
  // How many came to each CPU since it was written; nullopt: not known, or nobody waited.
  std::optional<std::vector<host::CpuCount>> came;
  std::uint64_t waited_ns{0};
};

// nullopt where one of them is not known. A count that fell (its CPU went offline) is left out.
std::optional<std::vector<host::CpuCount>> came_since(
    const std::optional<std::vector<host::CpuCount>>& before,
    const std::optional<std::vector<host::CpuCount>>& now);

bool came_as_asked(const MoveOutcome& outcome);

struct MoveJudgement {
  bool wrong{false};
  std::string text;  // for people; empty: all is as it was asked for
};
MoveJudgement judge(const MoveOutcome& outcome);

// "IRQ 57 (virtio2-input.0)"
std::string irq_text(const IrqRow& row);

}  // namespace wakepath::interrupts
