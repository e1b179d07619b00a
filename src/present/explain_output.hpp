// SPDX-License-Identifier: GPL-2.0-or-later
// Why one wake was slow, for people and for programs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "findings/diagnosis.hpp"
#include "present/summary_text.hpp"

namespace wakepath::present {

void explain_text(const findings::Explanation& explanation, const TextOptions& options,
                  fmt::memory_buffer& out);

// A line of type "explanation", the wake, and a finding for each cause.
void explain_ndjson(const findings::Explanation& explanation, fmt::memory_buffer& out);

// ", the 2nd slowest of 220"; empty: it is not among the slowest.
std::string rank_text(const findings::Explanation& of);
// "Usual here: 7.47ms, p99 31.4ms (220 wakes). Its own code took ..."
std::string usual_text(const findings::Explanation& of);
// The causes that took enough to matter, and what all others took.
struct ShownCauses {
  std::vector<const findings::Cause*> causes;
  std::uint64_t rest_ns{};
};
ShownCauses shown_causes(const findings::Explanation& of);

}  // namespace wakepath::present
