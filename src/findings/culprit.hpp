// SPDX-License-Identifier: GPL-2.0-or-later
// The findings of blame that was added up: what holds the wakes up so much that they would be
// clearly faster without it.
#pragma once

#include <string>
#include <vector>

#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::findings {

// Fewer wakes show no habit.
inline constexpr std::uint64_t kLeastBlamedWakes = 20;

// "hog (tid 178, nice 0)"; "own code". Holds names from outside.
std::string culprit_name(const BlameRow& row);

// What would give most first.
std::vector<Finding> culprits(const std::vector<BlameGroup>& blame);

}  // namespace wakepath::findings
