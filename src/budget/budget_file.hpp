// SPDX-License-Identifier: GPL-2.0-or-later
// The file of a budget, in TOML:
//
//   fail-on = "lost > 0"           # of all wakes
//   [[budget]]
//   name = "web"                   # in reports
//   vm = ["web-*", "shop"]         # patterns of names, or of process ids
//   vcpu = "0-3"                   # as a list of CPUs, or as numbers
//   path = "timer(*"               # patterns of paths
//   each = "vcpu"                  # judged by itself: "vm" or "vcpu"
//   target = "200us"               # p99 of the total, or of each stage:
//   stage = ["wake_delay", "work_*"]
//   fail-on = ["max(total) > 5ms"]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wakepath/budget.hpp"
#include "wakepath/result.hpp"

namespace wakepath::budget {

inline constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
inline constexpr std::size_t kMostLines = 1000;
inline constexpr std::size_t kMostPatternBytes = 512;
inline constexpr std::size_t kMostPatterns = 20'000;  // of all lines together

// A line for each target and each expression. `file`: for messages. Error: usage, with
// "FILE:LINE:COLUMN: " before it.
Result<std::vector<BudgetLine>> parse_budget(std::string_view text, const std::string& file);

}  // namespace wakepath::budget
