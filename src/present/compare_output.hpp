// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include "analysis/comparison.hpp"
#include "present/summary_text.hpp"

namespace wakepath::present {

void compare_text(const analysis::Comparison& comparison, const TextOptions& options,
                  fmt::memory_buffer& out);
void compare_ndjson(const analysis::Comparison& comparison, fmt::memory_buffer& out);

}  // namespace wakepath::present
