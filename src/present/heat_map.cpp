// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/heat_map.hpp"

#include <algorithm>

#include "util/duration.hpp"

namespace wakepath::present {

HeatMap::Rows HeatMap::rows(std::size_t most) const {
  Rows used{kHeatRows, 0};
  for (const Column& column : columns) {
    for (std::size_t row = 0; row < kHeatRows; ++row) {
      if (column[row] != 0) {
        used.first = std::min(used.first, row);
        used.end = std::max(used.end, row + 1);
      }
    }
  }
  if (!used.empty() && used.end - used.first > most) {
    used.first = used.end - most;
  }
  return used;
}

std::string_view heat_shade(std::uint64_t wakes) {
  return wakes == 0 ? " " : wakes < 10 ? "░" : wakes < 100 ? "▒" : wakes < 1000 ? "▓" : "█";
}

std::string heat_label(std::size_t row) {
  return row == 0 ? "0" : exact_duration(kHeatBounds[row - 1]);
}

}  // namespace wakepath::present
