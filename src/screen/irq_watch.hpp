// SPDX-License-Identifier: GPL-2.0-or-later
// What `irqs --watch` shows: rates, of each CPU too, and where interrupts began to go elsewhere.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "interrupts/irq_rows.hpp"
#include "screen/watch.hpp"

namespace wakepath::screen {

class IrqWatch {
 public:
  // The table of a report has its rates; `seconds` lie between it and the report before, and
  // `since_ns` between it and the begin. The first report has nothing to compare with: 0.
  WatchLook look(const interrupts::IrqReport& report, double seconds, std::uint64_t since_ns);
  static std::vector<std::string> help();

 private:
  struct Before {
    std::map<std::uint32_t, std::uint64_t> counts;
    std::string affinity, effective;
    std::string name;
  };
  void note(std::uint64_t since_ns, const std::string& text);
  void compare(const interrupts::IrqRow& row, const Before& before, std::uint64_t since_ns);

  std::map<std::string, Before> before_;  // by label
  bool first_{true};
  std::deque<std::string> changes_;  // the newest first
};

}  // namespace wakepath::screen
