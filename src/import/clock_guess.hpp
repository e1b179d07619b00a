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
    if (behind_.empty()) {
      return std::nullopt;
    }
    return near(median());
  }
  // How far the trace's clock was from the timers'.
  [[nodiscard]] std::int64_t median() const {
    std::vector<std::int64_t> sorted = behind_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }

  // May the expiry of this timer be compared with the trace's times? Its own clock may be another.
  static bool near(std::int64_t behind_ns) {
    return behind_ns > -kAheadNs && behind_ns < kBehindNs;
  }

 private:
  // kernel/time/timekeeping.c: the clock that tracing reads may be behind by a little. Between the
  // interrupt's reading and the callback lie other callbacks.
  static constexpr std::int64_t kAheadNs = 100'000;
  static constexpr std::int64_t kBehindNs = 1'000'000;
  static constexpr std::size_t kSamples = 1000;
  std::vector<std::int64_t> behind_;
};

}  // namespace wakepath::foreign
