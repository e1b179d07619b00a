// SPDX-License-Identifier: GPL-2.0-or-later
// arch/arm64/kernel/smp.c, ipi_types[]
#include "import/ipi_reasons.hpp"

namespace wakepath::foreign {

wp_ipi_reason ipi_reason_in(std::string_view text) {
  const auto says = [&](std::string_view words) {
    return text.find(words) != std::string_view::npos;
  };
  if (says("Rescheduling")) {
    return WP_IPI_RESCHEDULE;
  }
  if (says("Function call")) {
    return WP_IPI_CALL_FUNCTION;
  }
  if (says("IRQ work")) {
    return WP_IPI_IRQ_WORK;
  }
  return says("Timer broadcast") ? WP_IPI_TIMER_BROADCAST : WP_IPI_OTHER;
}

}  // namespace wakepath::foreign
