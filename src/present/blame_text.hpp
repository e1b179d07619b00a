// SPDX-License-Identifier: GPL-2.0-or-later
// Blame that was added up, for people.
#pragma once

#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "wakepath/sink.hpp"

namespace wakepath::present {

// The culprits of all wakes, those that took most first: `top` of them, or with 0 all. Nothing
// where there are too few wakes to show a habit.
// `width`: of the whole, in columns.
void append_blame(const std::vector<BlameGroup>& blame, std::size_t top, fmt::memory_buffer& out,
                  std::size_t width = 88);

// What would give most, with what to do about it.
void append_culprits(const std::vector<BlameGroup>& blame, fmt::memory_buffer& out);

}  // namespace wakepath::present
