// SPDX-License-Identifier: GPL-2.0-or-later
// A heat map of latency over time, for the screen and for text: a line for each row of latencies, a
// column for each part of time, and the darker, the more wakes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wakepath/heat_map.hpp"

namespace wakepath::present {

struct HeatMap {
  using Column = std::array<std::uint64_t, kHeatRows>;
  std::vector<Column> columns;  // in order of time

  struct Rows {
    std::size_t first{0}, end{0};
    [[nodiscard]] bool empty() const { return first >= end; }
  };
  // From the first that has any wake to the last. Of more than `most`, the longest, for they are
  // what matters.
  [[nodiscard]] Rows rows(std::size_t most = kHeatRows) const;
};

std::string_view heat_shade(std::uint64_t wakes);
// What the shades say.
inline constexpr std::string_view kHeatLegend = "wakes a cell  ░1+ ▒10+ ▓100+ █1000+";
// The least latency of a row: "125us".
std::string heat_label(std::size_t row);
inline constexpr std::size_t kHeatLabel = 7;  // columns of it, with a blank

}  // namespace wakepath::present
