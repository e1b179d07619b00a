// SPDX-License-Identifier: GPL-2.0-or-later
// Moments that users name: from the begin of a capture on (1.5s), or a time of day (06:34:38.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wakepath/pipeline.hpp"

namespace wakepath::analysis {

// Error: usage.
Result<Moment> parse_moment(std::string_view text);

// A moment in a stream.
struct StreamMoment {
  // From when until when, on the traced host's CLOCK_MONOTONIC.
  std::uint64_t begin_ns{}, end_ns{};
  // CLOCK_REALTIME - CLOCK_MONOTONIC that it rests on; nullopt: none, it is no time of day.
  std::optional<std::uint64_t> realtime_offset_ns{};

  // `at_ns`, where a time of day has another offset: so that it can be compared with begin and end.
  // A jump by days is none: a time of day does not tell them. `offset_ns`: the one of then.
  [[nodiscard]] std::uint64_t comparable(std::uint64_t at_ns,
                                         std::optional<std::uint64_t> offset_ns) const;
};

// Error: usage, where the header does not tell enough.
Result<StreamMoment> resolve(const Moment& moment, const Header& header);

// "06:34:38.104" of UTC.
std::string time_of_day(std::uint64_t realtime_ns);

}  // namespace wakepath::analysis
