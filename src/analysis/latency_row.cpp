// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/latency_row.hpp"

#include <array>
#include <string>
#include <vector>

namespace wakepath::analysis {

LatencyRow latency_row(const Histogram& histogram, std::string_view stage) {
  LatencyRow row;
  row.stage = std::string(stage);
  row.count = histogram.count();
  row.min_ns = histogram.min();
  constexpr std::array kTablePercentiles{0.50, 0.90, 0.99, 0.999};
  const std::vector<std::uint64_t> at = histogram.quantiles(kTablePercentiles);
  row.p50_ns = at[0];
  row.p90_ns = at[1];
  row.p99_ns = at[2];
  row.p999_ns = at[3];
  row.max_ns = histogram.max();
  return row;
}

}  // namespace wakepath::analysis
