// SPDX-License-Identifier: GPL-2.0-or-later
// Findings about settings, from blame that was added up: what would be gained, and what it costs.
#pragma once

#include <vector>

#include "findings/culprit.hpp"
#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::findings {

// Idle states whose exits hold wakes up. What would give most first.
std::vector<Finding> idle_state_advice(const std::vector<BlameGroup>& blame,
                                       const SureOf& sure_of = {});

}  // namespace wakepath::findings
