// SPDX-License-Identifier: GPL-2.0-or-later
// What a trace can't show, because it lacks a kind of event, and how to record that.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wakepath/facts.hpp"

namespace wakepath::foreign {

// `kinds`: of each kind of event, whether the trace has it. `form`: as TraceInfo's. A line each.
std::vector<std::string> missing_events(const std::vector<bool>& kinds, std::string_view form);

// The same for programs, of the events without which wakes are not whole.
std::vector<Fact> missing_event_facts(const std::vector<bool>& kinds);

// The trace has no sched_waking, and sched_wakeup says the same a little later.
bool wakeup_stands_for_waking(const std::vector<bool>& kinds);

}  // namespace wakepath::foreign
