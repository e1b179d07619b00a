// SPDX-License-Identifier: GPL-2.0-or-later
// The rows of a heat map of latency over time: each is twice as long as the one before.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace wakepath {

// Below 1us, then from each of these on.
inline constexpr std::array<std::uint64_t, 21> kHeatBounds{
    1'000,      2'000,      4'000,      8'000,       16'000,      32'000,      64'000,
    125'000,    250'000,    500'000,    1'000'000,   2'000'000,   4'000'000,   8'000'000,
    16'000'000, 32'000'000, 64'000'000, 125'000'000, 250'000'000, 500'000'000, 1'000'000'000};
inline constexpr std::size_t kHeatRows = kHeatBounds.size() + 1;

constexpr std::size_t heat_row_of(std::uint64_t ns) {
  return static_cast<std::size_t>(std::ranges::upper_bound(kHeatBounds, ns) - kHeatBounds.begin());
}

}  // namespace wakepath
