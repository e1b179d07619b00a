// SPDX-License-Identifier: GPL-2.0-or-later
// What each interrupt did to the wakes: how many it caused, and how much time it took from others.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

// What is known of each at the end: the wakes that an interrupt held up may be older than that.
void name_interrupts(Summary& summary,
                     const std::map<std::pair<std::uint32_t, std::string>, InterruptPtr>& known);

class InterruptLoads {
 public:
  // A wake that a loss may have touched is left out: its blame may name the wrong holder of a CPU.
  void add(const WakeChain& chain);
  // Sorted by the time that they took, then by the wakes that they caused, the most first.
  [[nodiscard]] std::vector<InterruptLoad> rows() const;

 private:
  using Number = std::optional<std::uint32_t>;
  using VmKey = std::tuple<std::string, Number, Number>;  // name, pid; a thread where neither is
  struct Sum {
    std::uint64_t wakes{};
    std::uint64_t delayed{};
    std::uint64_t stole_ns{};
  };
  struct Load {
    InterruptPtr interrupt;  // as told last
    std::map<VmKey, Sum> vms;
  };

  Sum& of(const InterruptPtr& interrupt, const VmKey& vm);

  // By number and action.
  using Key = std::pair<std::uint32_t, std::string>;
  using KeyView = std::pair<std::uint32_t, std::string_view>;
  struct Order {
    using is_transparent = void;
    bool operator()(const KeyView& a, const KeyView& b) const { return a < b; }
  };
  std::map<Key, Load, Order> loads_;
  std::map<std::string, std::set<VmKey>> vms_;  // of each name
};

}  // namespace wakepath::analysis
