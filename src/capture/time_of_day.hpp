// SPDX-License-Identifier: GPL-2.0-or-later
// When the time of day jumps against CLOCK_MONOTONIC: somebody sets the host's clock, or the host
// was suspended. Slewing turns both alike.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "wakepath/facts.hpp"

namespace wakepath::capture {

class TimeOfDay {
 public:
  // Gives the offset of the two; nullopt: it could not be read now.
  using Read = std::function<std::optional<std::uint64_t>()>;

  explicit TimeOfDay(Read read) : read_(std::move(read)) {}

  // What the stream has said.
  void told(std::uint64_t realtime_offset_ns) { told_ns_ = realtime_offset_ns; }
  // What it is to say; nullopt: it is as it was told, can't be read now, or was
  // looked at less than a second ago.
  std::optional<TimeOfDayFact> news(std::uint64_t now_ns);

 private:
  Read read_;
  std::optional<std::uint64_t> told_ns_;
  std::uint64_t looked_ns_{0};
};

}  // namespace wakepath::capture
