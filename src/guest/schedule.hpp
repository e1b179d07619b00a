// SPDX-License-Identifier: GPL-2.0-or-later
// An absolute schedule on CLOCK_MONOTONIC: lateness does not add up, and missed times are skipped.
#pragma once

#include <chrono>
#include <cstdint>

#include <time.h>

namespace wakepath::guest {

// std::chrono::steady_clock is CLOCK_MONOTONIC in libstdc++ and libc++ on Linux.
using Clock = std::chrono::steady_clock;
using Instant = std::chrono::time_point<Clock, std::chrono::nanoseconds>;

// The first of `due` + n * `period`, n >= 1, that is at least `margin` after `now`.
[[nodiscard]] constexpr Instant next_due(Instant due, std::chrono::nanoseconds period,
                                         std::chrono::nanoseconds margin, Instant now) {
  const Instant next = due + period;
  const std::chrono::nanoseconds behind = now + margin - next;
  if (behind.count() < 0) {
    return next;
  }
  return next + period * (behind / period + 1);
}

[[nodiscard]] constexpr timespec to_timespec(Instant instant) {
  const auto ns = instant.time_since_epoch().count();
  timespec result{};
  result.tv_sec = ns / 1'000'000'000;
  result.tv_nsec = ns % 1'000'000'000;
  return result;
}

}  // namespace wakepath::guest
