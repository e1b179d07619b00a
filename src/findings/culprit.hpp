// SPDX-License-Identifier: GPL-2.0-or-later
// The findings of blame that was added up: what holds the wakes up so much that they would be
// clearly faster without it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "util/cpu_set.hpp"
#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::findings {

// Fewer wakes show no habit.
inline constexpr std::uint64_t kLeastBlamedWakes = 20;

// "hog (tid 178, nice 0)"; "own code". Holds names from outside.
std::string culprit_name(const BlameRow& row);

// The CPUs on which it held wakes up.
CpuSet cpus_of(const BlameRow& row, const std::vector<BlameGroup>& blame);

// "p50 7.47ms -> 569us, p99 31.4ms -> 20.5ms"; empty: not known.
std::string gain_text(const Effect& effect);

// The thread of a task's blame: a kworker's may have the work item behind its name.
std::string thread_of(const std::string& what);

// Fills in how sure the effect is if the culprit of the row were gone. Empty: nobody can tell.
using SureOf = std::function<void(const BlameRow& row, Effect& effect)>;

// "; 95%: p50 -2.10ms .. -1.95ms, p99 ..."; empty: not known.
std::string sure_text(const Effect& effect);

// What would give most first.
std::vector<Finding> culprits(const std::vector<BlameGroup>& blame, const SureOf& sure_of = {});

}  // namespace wakepath::findings
