// SPDX-License-Identifier: GPL-2.0-or-later
// Sums of numbers that a file claims: one that would pass the end stays there, and never comes out
// small.
#pragma once

#include <cstdint>
#include <limits>

namespace wakepath {

[[nodiscard]] constexpr std::uint64_t saturated_sum(std::uint64_t a, std::uint64_t b) {
  return b > std::numeric_limits<std::uint64_t>::max() - a
             ? std::numeric_limits<std::uint64_t>::max()
             : a + b;
}

}  // namespace wakepath
