// SPDX-License-Identifier: GPL-2.0-or-later
// An event line of a scenario as the bytes that the kernel side would write.
#pragma once

#include <cstdint>
#include <map>

#include "support/scenario.hpp"
#include "support/scenario_line.hpp"
#include "support/scenario_names.hpp"

namespace wakepath::testing {

// The interrupts over each CPU's task, so that a line need not give them.
class ScenarioContexts {
 public:
  void see(std::uint32_t cpu, std::uint8_t kind);
  [[nodiscard]] std::uint8_t context(std::uint32_t cpu) const;

 private:
  struct Depth {
    int hard{0};
    int soft{0};
  };
  std::map<std::uint32_t, Depth> cpus_;
};

// TIME CPU TASK EVENT fields...
RecordBytes event_bytes(Line& line, ScenarioNames& names, ScenarioContexts& contexts);

}  // namespace wakepath::testing
