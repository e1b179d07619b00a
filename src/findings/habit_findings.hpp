// SPDX-License-Identifier: GPL-2.0-or-later
// The findings of what vCPUs do again and again: move to another CPU, leave for memory.
#pragma once

#include <vector>

#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::findings {

// Of what is done in a good part of the wakes, and often enough for it to be a habit.
std::vector<Finding> vcpu_habits(const std::vector<VcpuHabit>& habits);

}  // namespace wakepath::findings
