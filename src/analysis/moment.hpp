// SPDX-License-Identifier: GPL-2.0-or-later
// Moments that users name: from the begin of a capture on (1.5s), or a time of day (06:34:38.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wakepath/pipeline.hpp"

namespace wakepath::analysis {

// Error: usage.
Result<Moment> parse_moment(std::string_view text);

// On the clock of the traced host. Error: usage, where the header does not tell enough.
Result<std::uint64_t> resolve(const Moment& moment, const Header& header);

// "06:34:38.104" of UTC.
std::string time_of_day(std::uint64_t realtime_ns);

}  // namespace wakepath::analysis
