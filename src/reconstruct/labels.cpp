// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/labels.hpp"

#include <array>

#include <fmt/format.h>

#include "wakepath/abi.h"

namespace wakepath::reconstruct {

std::string softirq_label(std::uint32_t vector) {
  static constexpr std::array<std::string_view, 10> names{
      "HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU"};
  return vector < names.size() ? std::string(names[vector]) : fmt::format("softirq {}", vector);
}

std::string_view ipi_label(std::uint32_t reason) {
  switch (reason) {
    case WP_IPI_RESCHEDULE:
      return "reschedule";
    case WP_IPI_CALL_FUNCTION:
      return "call_function";
    case WP_IPI_IRQ_WORK:
      return "irq_work";
    case WP_IPI_TIMER_BROADCAST:
      return "timer_broadcast";
    default:
      return "other";
  }
}

std::string signal_label(std::uint32_t number) {
  // The numbers that arm64 and x86_64 share, include/uapi/asm-generic/signal.h.
  static constexpr std::array<std::string_view, 32> names{
      "",     "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
      "SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
      "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS"};
  return number > 0 && number < names.size() ? fmt::format("SIG{}", names[number])
                                             : fmt::format("signal {}", number);
}

}  // namespace wakepath::reconstruct
