// SPDX-License-Identifier: GPL-2.0-or-later
// vCPUs that had no wake, and why: without that a table would just lack them.
#pragma once

#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "wakepath/sink.hpp"

namespace wakepath::present {

// A line each, at most `top` (0: all), those first of which something is to be learnt.
void append_quiet(const std::vector<QuietVcpu>& vcpus, std::size_t top, fmt::memory_buffer& out);

}  // namespace wakepath::present
