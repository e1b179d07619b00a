// SPDX-License-Identifier: GPL-2.0-or-later
// What doctor looked at, for people and for programs.
#pragma once

#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "findings/check.hpp"

namespace wakepath::present {

// A line each, and what mends what is not fine. `width`: of a line.
void check_text(const std::vector<findings::Check>& checks, std::size_t width,
                fmt::memory_buffer& out);

// A line of type "check" each, then the findings.
void check_ndjson(const std::vector<findings::Check>& checks, fmt::memory_buffer& out);

}  // namespace wakepath::present
