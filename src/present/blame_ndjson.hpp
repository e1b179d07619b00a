// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include <fmt/format.h>

#include "wakepath/sink.hpp"

namespace wakepath::present {

// A line for each culprit of each group.
void blame_ndjson(const std::vector<BlameGroup>& blame, fmt::memory_buffer& out);

// What the totals would be without some culprits: a line, or none.
void what_if_ndjson(const std::optional<WhatIf>& what, fmt::memory_buffer& out);

}  // namespace wakepath::present
