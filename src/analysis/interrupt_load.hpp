// SPDX-License-Identifier: GPL-2.0-or-later
// What each interrupt did to the wakes: those that it caused, and the time that it took from
// others.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

class InterruptLoads {
 public:
  // Of a wake that a loss may have touched nothing is taken: who had a CPU then may be wrong.
  void add(const WakeChain& chain);
  // Those that took most time first, then those that caused most wakes.
  [[nodiscard]] std::vector<InterruptLoad> rows() const;

 private:
  struct Sum {
    std::uint64_t wakes{};
    std::uint64_t delayed{};
    std::uint64_t stole_ns{};
  };
  struct Load {
    InterruptPtr interrupt;  // as told last
    std::map<std::string, Sum> vms;
  };

  Sum& of(const InterruptPtr& interrupt, const std::string& vm);

  std::map<std::pair<std::uint32_t, std::string>, Load> loads_;  // by number and action
};

}  // namespace wakepath::analysis
