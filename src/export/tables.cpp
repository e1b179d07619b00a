// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/tables.hpp"

#include <algorithm>
#include <limits>

#include "export/columns.hpp"

namespace wakepath::exports {

Cell number(std::uint64_t value) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(value, kMost));
}

const Interrupt& interrupt_of(const InterruptPtr& interrupt) {
  static const Interrupt kNothing{WP_IRQ_UNKNOWN, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
  return interrupt ? *interrupt : kNothing;
}

Cell irq_number(const InterruptPtr& interrupt) {
  const std::uint32_t irq = interrupt_of(interrupt).irq;
  return irq == WP_IRQ_UNKNOWN ? Cell{} : number(irq);
}

const std::vector<TableInfo>& tables() {
  static const std::vector<TableInfo> kTables = [] {
    std::vector<TableInfo> all = wake_tables();
    for (TableInfo& one : run_tables()) {
      all.push_back(std::move(one));
    }
    return all;
  }();
  return kTables;
}

}  // namespace wakepath::exports
