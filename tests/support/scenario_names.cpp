// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/scenario_names.hpp"

#include "support/scenario_line.hpp"

namespace wakepath::testing {

namespace {

constexpr std::uint64_t kText = 0xffff800008000000;
constexpr std::uint64_t kActions = 0xffff000001000000;
constexpr std::uint64_t kObjects = 0xffff000002000000;
constexpr std::uint64_t kApart = 0x100;

}  // namespace

ScenarioThread ScenarioNames::thread(const std::string& alias) const {
  const auto found = threads_.find(alias);
  if (found != threads_.end()) {
    return found->second;
  }
  return {static_cast<std::uint32_t>(number_of(alias)), alias, false, false};
}

std::uint64_t ScenarioNames::function(const std::string& name) {
  if (name.starts_with("0x")) {
    return number_of(name);
  }
  const auto [at, added] = functions_.try_emplace(name, kText + kApart * functions_.size());
  if (added) {
    facts_.emplace_back(SymbolFact{at->second, name});
  }
  return at->second;
}

std::uint64_t ScenarioNames::irq_action(const Interrupt& interrupt) {
  const auto [at, added] =
      actions_.try_emplace(interrupt.action, kActions + kApart * actions_.size());
  if (added) {
    facts_.emplace_back(IrqFact{at->second, interrupt});
  }
  return at->second;
}

std::uint64_t ScenarioNames::object(const std::string& name) {
  if (name.starts_with("0x")) {
    return number_of(name);
  }
  return objects_.try_emplace(name, kObjects + kApart * objects_.size()).first->second;
}

}  // namespace wakepath::testing
