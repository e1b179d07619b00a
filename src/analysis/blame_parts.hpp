// SPDX-License-Identifier: GPL-2.0-or-later
// The time of a stage, divided among those that had it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

// Calls `part` with each blame of the stage that took time, and how much; at last with nullptr and
// what no blame explains. The parts sum to the stage.
template <typename Part>
void for_each_part(const Stage& stage, Part part) {
  std::uint64_t left = stage.end_ns - stage.begin_ns;
  for (const Blame& blame : stage.blame) {
    const std::uint64_t ns = std::min(left, blame.ns);
    left -= ns;
    if (ns != 0) {
      part(&blame, ns);
    }
  }
  if (left != 0) {
    part(static_cast<const Blame*>(nullptr), left);
  }
}

}  // namespace wakepath::analysis
