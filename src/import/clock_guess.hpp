// SPDX-License-Identifier: GPL-2.0-or-later
// Are the times of a trace CLOCK_MONOTONIC? hrtimer_expire_entry tells the time that the kernel had
// read of the timer's clock shortly before, so the two can be held against each other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

namespace wakepath::foreign {

class ClockGuess {
 public:
  void expired(std::uint64_t time_ns, std::uint64_t now_ns) {
    if (now_ns != 0 && behind_.size() < kSamples) {
      behind_.push_back(static_cast<std::int64_t>(time_ns - now_ns));
    }
  }

  // nullopt: there is nothing to judge by.
  [[nodiscard]] std::optional<bool> monotonic() const {
    const auto nearest = least_behind();
    return nearest ? std::optional(std::abs(*nearest) < kSameNs) : std::nullopt;
  }
  // How far the trace's clock was behind what the kernel had read of the timers', at the least.
  [[nodiscard]] std::optional<std::int64_t> least_behind() const {
    const auto least = std::ranges::min_element(behind_);
    return least == behind_.end() ? std::nullopt : std::optional(*least);
  }

  // In a trace on CLOCK_MONOTONIC: is that the timer's clock too? The others are ahead of it, by
  // the time since 1970 or that of a suspension. How late the callback runs does not matter.
  static bool is_timers_clock(std::int64_t behind_ns) { return behind_ns > -kAheadNs; }

 private:
  // kernel/time/timekeeping.c: the clock that tracing reads may lag by a little. Of many callbacks
  // some run at once.
  static constexpr std::int64_t kSameNs = 20'000;
  static constexpr std::int64_t kAheadNs = 1'000'000;
  static constexpr std::size_t kSamples = 1000;
  std::vector<std::int64_t> behind_;
};

}  // namespace wakepath::foreign
