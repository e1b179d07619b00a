// SPDX-License-Identifier: GPL-2.0-or-later
// Figures for narrow columns: two digits, which are those that are right.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wakepath::screen {

// "842ns" is "840ns", "12.3us" is "12us", "1.05ms" is "1.1ms".
std::string brief_time(std::uint64_t ns);
// "880", "1.2k", "41M".
std::string brief_count(std::uint64_t count);
// Of bytes; K, M and G are powers of 1024, as in a limit that is given: "880", "1.7M", "1.0G".
std::string brief_size(std::uint64_t bytes);
// A rate: as a count, and "0.4" below one.
std::string brief_rate(double per_second);
// "8.1%", "71%"; "0" of nothing, and "<0.1%" of what is less.
std::string brief_share(std::uint64_t part, std::uint64_t whole);
// "02:14", "1:02:14" from the begin on.
std::string clock_text(std::uint64_t ns);

}  // namespace wakepath::screen
