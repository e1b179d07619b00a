// SPDX-License-Identifier: GPL-2.0-or-later
// A budget: what the wakes of some VMs, vCPUs and paths may take. See src/budget for its file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace wakepath {

// One line of it, and one verdict. Patterns have * for any characters and ? for one.
struct BudgetLine {
  // What is judged by itself; the worst decides.
  enum class Each : std::uint8_t { all, vm, vcpu };

  std::string name;                  // empty: it has none
  std::vector<std::string> vms;      // patterns, of names or process ids; empty: all
  std::vector<std::uint32_t> vcpus;  // empty: all
  std::vector<std::string> paths;    // patterns; empty: all
  Each each{Each::all};
  // As --fail-on has it; its stage may be a pattern: "p99(*_delay) > 50us". Empty: the target.
  std::string expression;
  std::uint64_t target_ns{0};  // of the p99 of the kind of total that most of these wakes have
  std::string file;            // where it stands
  std::uint32_t line{};

  [[nodiscard]] bool takes_all() const { return vms.empty() && vcpus.empty() && paths.empty(); }
};

// What a report calls it: its name, or whom it is for. Empty: it has no name and is for all wakes.
std::string label_of(const BudgetLine& line);

}  // namespace wakepath
