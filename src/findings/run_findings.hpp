// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::findings {

// All that a stream's summary gives reason to say: vCPUs without wakes, who held wakes up, habits
// of vCPUs. `arch`: the traced host's.
std::vector<Finding> run_findings(const Summary& summary, std::string_view arch);

}  // namespace wakepath::findings
