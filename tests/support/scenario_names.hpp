// SPDX-License-Identifier: GPL-2.0-or-later
// The names of a scenario, their made-up addresses, and the facts that give them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "wakepath/facts.hpp"

namespace wakepath::testing {

struct ScenarioThread {
  std::uint32_t tid{};
  std::string comm;
  bool vcpu{false};
  bool kthread{false};
};

class ScenarioNames {
 public:
  explicit ScenarioNames(std::vector<Fact>& facts) : facts_(facts) {
    threads_["idle"] = {0, "swapper", false, false};
  }

  void add_thread(const std::string& alias, ScenarioThread thread) {
    threads_[alias] = std::move(thread);
  }
  // An alias, or the tid of a thread without other facts.
  [[nodiscard]] ScenarioThread thread(const std::string& alias) const;
  // "0x..." stands for itself and gets no name.
  std::uint64_t function(const std::string& name);
  std::uint64_t irq_action(const Interrupt& interrupt);
  // Of a timer, a work item or another object with an address and no name.
  std::uint64_t object(const std::string& name);

 private:
  std::vector<Fact>& facts_;
  std::map<std::string, ScenarioThread> threads_;
  std::map<std::string, std::uint64_t> functions_;
  std::map<std::string, std::uint64_t> actions_;
  std::map<std::string, std::uint64_t> objects_;
};

}  // namespace wakepath::testing
