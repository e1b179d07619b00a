// SPDX-License-Identifier: GPL-2.0-or-later
// A wake of a function_graph trace as a person would annotate it. Each line is a step: the CPU, the
// task, the duration that the trace prints, and the functions.
#pragma once

#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "import/graph/wake_outline.hpp"

namespace wakepath::present {

// Where the trace has times, a column says when each step began.
void outline_text(const OutlineWake& wake, std::uint64_t number, fmt::memory_buffer& out);
// One line, one object.
void outline_ndjson(const OutlineWake& wake, std::uint64_t number, fmt::memory_buffer& out);

std::string_view name_of(OutlineKind kind);

}  // namespace wakepath::present
