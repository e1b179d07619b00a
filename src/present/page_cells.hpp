// SPDX-License-Identifier: GPL-2.0-or-later
// What stands in the cells of the first page's tables, as text and in a report. Safe for a
// terminal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wakepath/pipeline.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present {

// "*" where too few wakes carry it; `marked` says then that there is one.
std::string quantile_cell(const LatencyRow& row, double q, std::uint64_t ns, bool& marked);
// The line that explains the "*".
inline constexpr const char* kQuantileMark =
    "* not known of so few wakes: P50 takes 2, P90 10, P99 100, P99.9 1000";

// Whose the row is: "web1 vCPU 0", a path, a stage.
std::string key_cell(const LatencyRow& row, Ranking by);
// Without the details: "hog", "irq arch_timer", "exit from idle state 2".
std::string culprit_cell(const BlameRow& row);
// " 96%": of the group's time, the share of the one who had most. Empty: nobody is known.
std::string most_share(const BlameGroup& group);
// Of all wakes; null: there is none.
const LatencyRow* stage_row(const Summary& summary, StageKind stage);
// The groups of stages, the one that took most first.
std::vector<const BlameGroup*> stages_by_time(const Summary& summary);
// Which latencies the row counts: "200us-500us".
std::string spread_cell(const SpreadRow& row);
// Which VMs' wakes an interrupt caused or delayed; where there are many, the first few.
std::string vms_cell(const InterruptLoad& load);

}  // namespace wakepath::present
