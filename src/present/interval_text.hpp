// SPDX-License-Identifier: GPL-2.0-or-later
// One interval of a run: a heading, the latencies, and vCPUs without wakes.
#pragma once

#include <fmt/format.h>

#include "present/latency_table.hpp"
#include "present/summary_text.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present {

void append_interval(const Interval& interval, const RunView& run, const TextOptions& options,
                     LatencyTable& table, fmt::memory_buffer& out);

// There was no wake, and nothing says why.
bool is_unexplained(const Interval& interval);

}  // namespace wakepath::present
