// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <fmt/format.h>

#include "wakepath/sink.hpp"

namespace wakepath::present {

// A line for each culprit of each group.
void blame_ndjson(const std::vector<BlameGroup>& blame, fmt::memory_buffer& out);

}  // namespace wakepath::present
