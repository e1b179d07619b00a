// SPDX-License-Identifier: GPL-2.0-or-later
// Why one wake was slow, for people and for programs.
#pragma once

#include <fmt/format.h>

#include "findings/diagnosis.hpp"
#include "present/summary_text.hpp"

namespace wakepath::present {

void explain_text(const findings::Explanation& explanation, const TextOptions& options,
                  fmt::memory_buffer& out);

// A line of type "explanation", the wake, and a finding for each cause.
void explain_ndjson(const findings::Explanation& explanation, fmt::memory_buffer& out);

}  // namespace wakepath::present
