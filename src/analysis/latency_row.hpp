// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "analysis/histogram.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::analysis {

// Count and quantiles; whose they are stays open.
LatencyRow latency_row(const Histogram& histogram, std::string_view stage);

}  // namespace wakepath::analysis
