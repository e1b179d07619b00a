// SPDX-License-Identifier: GPL-2.0-or-later
// Are the times of a trace CLOCK_MONOTONIC? hrtimer_expire_entry tells the time that the kernel had
// read of the timer's clock in the same interrupt: after the interrupt's first event, before this
// one. So the two bound how far the trace's clock is ahead of the timer's, however slow the host
// is, and what all such events agree on is the answer.
//
//   irq_handler_entry ......... now=N ......... hrtimer_expire_entry
//   lower bound: its time - N                   upper bound: its time - N
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "wakepath/event.hpp"

namespace wakepath::foreign {

class ClockGuess {
 public:
  // Times may be off by so much, because they are printed rounded.
  void resolution(std::uint64_t ns) { resolution_ns_ = static_cast<std::int64_t>(ns); }
  // Of all CPUs, in order. `now_ns`: as TraceEvent has it.
  void event(const Event& event, std::uint64_t now_ns);

  [[nodiscard]] bool any() const { return seen_; }
  // nullopt: there is nothing to judge by, or too little.
  [[nodiscard]] std::optional<bool> monotonic() const;
  // The events contradict each other: the two clocks do not run equally fast.
  [[nodiscard]] bool drifts() const { return low_ns_ > high_ns_; }
  // How far off the trace's clock is at least; 0: it may be the same.
  [[nodiscard]] std::uint64_t least_off() const;

  // In a trace on CLOCK_MONOTONIC: is that the timer's clock too? The others are ahead of it, by
  // the time since 1970 or that of a suspension. How late the callback runs does not matter.
  static bool is_timers_clock(std::int64_t behind_ns) { return behind_ns > -kOtherClockNs; }

 private:
  struct Cpu {
    std::uint64_t before_hard_ns{0};  // the last event that is none of a hard interrupt's inside
    std::uint64_t before_soft_ns{0};  // and of a softirq's
  };
  static constexpr std::int64_t kOtherClockNs = 1'000'000;
  static constexpr std::int64_t kOpen = std::numeric_limits<std::int64_t>::max() / 2;
  // Where no event of the CPU is older: its timers have waited less than this.
  static constexpr std::int64_t kLongestNs = 1'000'000'000;
  // Of many callbacks some run right after the reading.
  static constexpr std::int64_t kSoonNs = 20'000;

  Cpu& cpu(std::uint32_t number);
  void agree_on(std::int64_t low_ns, std::int64_t high_ns);

  std::int64_t resolution_ns_{0};
  std::vector<Cpu> cpus_;
  bool seen_{false};
  std::int64_t low_ns_{-kOpen}, high_ns_{kOpen};  // the trace's clock less CLOCK_MONOTONIC
};

}  // namespace wakepath::foreign
