// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/clock_guess.hpp"

#include <algorithm>

namespace wakepath::foreign {

ClockGuess::Cpu& ClockGuess::cpu(std::uint32_t number) {
  if (number >= cpus_.size()) {
    cpus_.resize(number + 1);
  }
  return cpus_[number];
}

// An interrupt reads the clock once, then runs its timers one after the other: what these do says
// nothing of when it was read. Interrupts are off meanwhile.
void ClockGuess::event(const Event& event, std::uint64_t now_ns) {
  constexpr std::uint8_t kInterrupted = WP_CONTEXT_HARDIRQ | WP_CONTEXT_NMI;
  const bool known = (event.context & WP_CONTEXT_KNOWN) != 0;
  const bool hard = (event.context & kInterrupted) != 0;
  const bool soft = (event.context & WP_CONTEXT_SOFTIRQ) != 0;
  Cpu& on = cpu(event.cpu);
  switch (event.kind) {
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
      if (now_ns != 0) {
        // hrtimer_run_softirq() reads the clock in its softirq, which is interrupted at any time.
        const std::uint64_t before_ns =
            known && soft && !hard ? on.before_soft_ns : on.before_hard_ns;
        const auto after = [&](std::uint64_t ns) { return static_cast<std::int64_t>(ns - now_ns); };
        const std::int64_t high_ns = after(event.time_ns);
        const std::int64_t low_ns = before_ns == 0 ? high_ns - kLongestNs : after(before_ns);
        agree_on(low_ns - resolution_ns_, high_ns + resolution_ns_);
      }
      return;
    case WP_EVENT_IRQ_ENTRY:
    case WP_EVENT_IRQ_EXIT:
    case WP_EVENT_VECTOR_ENTRY:
    case WP_EVENT_VECTOR_EXIT:
      on.before_hard_ns = event.time_ns;
      return;
    case WP_EVENT_SOFTIRQ_ENTRY:
    case WP_EVENT_SOFTIRQ_EXIT:
    case WP_EVENT_SWITCH:
    case WP_EVENT_CPU_IDLE:
    case WP_EVENT_KVM_ENTRY:
    case WP_EVENT_KVM_EXIT:
      on.before_hard_ns = event.time_ns;
      on.before_soft_ns = event.time_ns;
      return;
    default:
      if (known && !hard) {
        on.before_hard_ns = event.time_ns;
        if (!soft) {
          on.before_soft_ns = event.time_ns;
        }
      }
      return;
  }
}

// Of all clocks of timers CLOCK_MONOTONIC is the furthest behind: a trace's clock is the furthest
// ahead of it. What is far below that is of another clock.
void ClockGuess::agree_on(std::int64_t low_ns, std::int64_t high_ns) {
  seen_ = true;
  if (high_ns < low_ns_ - kOtherClockNs) {
    return;
  }
  if (low_ns > high_ns_ + kOtherClockNs) {
    low_ns_ = low_ns;
    high_ns_ = high_ns;
    return;
  }
  low_ns_ = std::max(low_ns_, low_ns);
  high_ns_ = std::min(high_ns_, high_ns);
}

std::optional<bool> ClockGuess::monotonic() const {
  if (!seen_) {
    return std::nullopt;
  }
  if (drifts() || least_off() != 0) {
    return false;
  }
  // Of a clock that may be that far off nothing is known.
  const bool close = high_ns_ - low_ns_ <= kOtherClockNs || high_ns_ <= kSoonNs + resolution_ns_;
  return close ? std::optional(true) : std::nullopt;
}

std::uint64_t ClockGuess::least_off() const {
  return static_cast<std::uint64_t>(low_ns_ > 0 ? low_ns_ : high_ns_ < 0 ? -high_ns_ : 0);
}

}  // namespace wakepath::foreign
