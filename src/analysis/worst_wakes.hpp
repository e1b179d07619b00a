// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

#include "analysis/total_kind.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

// Keeps the wakes with the longest totals, whole. Of several that took as long, the first.
class WorstWakes {
 public:
  explicit WorstWakes(std::size_t most) : most_(most) {}

  void add(const WakeChain& chain) {
    if (!total_kind(chain)) {
      return;
    }
    if (kept_.size() >= most_) {
      if (chain.total_ns() <= kept_.front().total_ns()) {
        return;
      }
      std::ranges::pop_heap(kept_, is_slower);
      kept_.pop_back();
    }
    kept_.push_back(chain);
    std::ranges::push_heap(kept_, is_slower);
  }
  // The slowest first.
  [[nodiscard]] std::vector<WakeChain> take() {
    std::ranges::sort(kept_, is_slower);
    return std::exchange(kept_, {});
  }

 private:
  static bool is_slower(const WakeChain& a, const WakeChain& b) {
    return std::tuple(a.total_ns(), b.id) > std::tuple(b.total_ns(), a.id);
  }

  std::size_t most_;
  std::vector<WakeChain> kept_;  // a heap: the least slow stands first
};

}  // namespace wakepath::analysis
