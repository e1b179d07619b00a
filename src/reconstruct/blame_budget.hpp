// SPDX-License-Identifier: GPL-2.0-or-later
// How many changes of CPUs blame may look at: so many for each event of the stream, that an input
// takes time in proportion to its size. A wake of a host looks at some dozens; one that overlaps
// thousands of others, each with all that its CPU did, at thousands.
#pragma once

#include <algorithm>
#include <cstdint>

namespace wakepath::reconstruct {

class BlameBudget {
 public:
  void grant() { left_ = std::min(left_ + kEach, kMost); }

  // False: so many are not left. That is counted.
  bool spend(std::uint64_t changes) {
    if (changes > left_) {
      ++refused_;
      return false;
    }
    left_ -= changes;
    return true;
  }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  static constexpr std::uint64_t kEach = 128;
  static constexpr std::uint64_t kMost = std::uint64_t{1} << 24U;

  std::uint64_t left_{std::uint64_t{1} << 20U};
  std::uint64_t refused_{0};
};

}  // namespace wakepath::reconstruct
