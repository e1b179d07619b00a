// SPDX-License-Identifier: GPL-2.0-or-later
// /proc/interrupts as plain data. The file may be from any machine, and wrong. Unreadable parts are
// unknown, and every length has a bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wakepath/result.hpp"

namespace wakepath::host {

struct CpuCount {
  std::uint32_t cpu;
  std::uint64_t count;
  bool operator==(const CpuCount&) const = default;
};

struct InterruptRow {
  std::string label;                    // "57", "IPI0", "LOC"
  std::optional<std::uint32_t> number;  // of an interrupt with a descriptor
  std::vector<CpuCount> counts;         // all that are not 0, by CPU
  std::optional<std::uint64_t> total;   // nullopt: some count can't be read
  bool by_cpu{true};                    // false: one number for the whole host ("ERR")
  std::string chip;
  std::optional<std::uint64_t> hwirq;
  std::string trigger;  // "Edge", "fasteoi"
  std::vector<std::string> actions;
  std::string text;  // the kernel's description of a row without number
  // The chip's name may contain blanks; then its end is a guess.
  bool chip_is_guess{false};
  bool counts_missing{false};  // fewer counts than CPUs
};

struct InterruptTable {
  std::vector<std::uint32_t> cpus;  // the columns: CPUs that are online
  std::vector<InterruptRow> rows;
  bool cut{false};  // more rows or bytes than the bound
};

// Does a line of it name CPUs, as the first one of /proc/interrupts does?
bool names_cpus(std::string_view text);

// Below `root`, as the kernel writes it or as somebody copied it (interrupt_lines.hpp). Error:
// bad_input, if the file can't be read, or no line of it names CPUs.
Result<InterruptTable> read_interrupts(const std::string& root);

// One line of the file, without its newline. The fields after the counts differ between kernels
// (kernel/irq/proc.c, show_interrupts). nullopt: no row.
std::optional<InterruptRow> parse_interrupt(std::string_view line,
                                            const std::vector<std::uint32_t>& cpus);

}  // namespace wakepath::host
