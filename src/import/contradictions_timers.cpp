// SPDX-License-Identifier: GPL-2.0-or-later
// Contradictions: what timers do.
#include <algorithm>
#include <cstdint>

#include "import/contradictions.hpp"

namespace wakepath::foreign {

namespace {

// A hostile trace may have as many timers as it likes.
constexpr std::size_t kMostKnownTimers = 200'000;
// A timer may wait so long for others.
constexpr std::uint64_t kTimerSlackNs = 1'000'000;
// And so long for its interrupt, though its CPU takes interrupts: emulated hosts were 2.3 ms late.
constexpr std::uint64_t kInterruptSlackNs = 4'000'000;
// Times that are further from those that timers saw are of another clock.
constexpr std::uint64_t kTimersClockNs = 500'000;

}  // namespace

// Where the context is not known, the callback that began last is the one that ends first.
void Contradictions::timer(Cpu& on, const Event& event, const Told& told) {
  if (event.kind == WP_EVENT_HRTIMER_START) {
    return timer_starts(on, event, told);
  }
  const bool known = (event.context & WP_CONTEXT_KNOWN) != 0;
  const std::uint64_t number = event.payload.hrtimer.timer;
  const auto is_open = [](const Pair& pair) { return pair.state == Pair::State::open; };
  bool hard = known && (event.context & WP_CONTEXT_HARDIRQ) != 0;
  if (!known && event.kind == WP_EVENT_HRTIMER_EXPIRE_ENTRY) {
    if (is_open(on.hard_timer) && !is_open(on.soft_timer)) {
      on.soft_timer = on.hard_timer;
      on.hard_timer.state = Pair::State::closed;
    }
    hard = true;
  } else if (!known) {
    hard = !is_open(on.soft_timer) || on.soft_timer.what != number;
  }
  Pair& pair = hard ? on.hard_timer : on.soft_timer;
  const Rule rule = hard ? Rule::hard_timer : Rule::soft_timer;
  if (event.kind == WP_EVENT_HRTIMER_EXPIRE_EXIT) {
    return ends(rule, pair, number, event.time_ns);
  }
  begins(rule, pair, number, event.time_ns);
  timer_expires(on, event, told, hard);
}

Contradictions::Timer& Contradictions::timer_of(std::uint64_t number) {
  if (timers_.size() >= kMostKnownTimers) {
    timers_.clear();
  }
  return timers_[number];
}

// Some kernels tell that it is cancelled first.
void Contradictions::timer_expires(Cpu& on, const Event& event, const Told& told, bool hard) {
  const std::uint64_t now = event.time_ns;
  expires(on, hard, now);
  if (hard && told.now_ns != 0) {
    timers_clock_ = std::max(now, told.now_ns) - std::min(now, told.now_ns) < kTimersClockNs;
  }
  Timer& timer = timer_of(event.payload.hrtimer.timer);
  const bool known = timer.losses == losses_;
  if (known && timer.state == Timer::State::expired) {
    if (sees_all_cpus()) {
      breaks(Rule::timer_start, timer.at_ns);
    }
  } else if (known) {
    holds(Rule::timer_start);
    late(on, timer, event);
    overdue(timer, 0);
    timer.ran_on_its_cpu = timer.ran_on_its_cpu || (hard && timer.cpu == event.cpu);
    timer.ran_elsewhere = timer.ran_elsewhere || !hard || timer.cpu != event.cpu;
  }
  timer.losses = losses_;
  timer.state = Timer::State::expired;
  timer.cpu = event.cpu;
  timer.at_ns = now;
  timer.due_ns = 0;
}

void Contradictions::timer_starts(Cpu& on, const Event& event, const Told& told) {
  Timer& timer = timer_of(event.payload.hrtimer_start.timer);
  const bool armed = timer.state == Timer::State::armed;
  if (timer.losses == losses_ && sees_all_cpus()) {
    // Where the event does not tell whether it was armed, it would have been cancelled before.
    if (told.was_armed.value_or(armed && !sees_cancels_) != armed) {
      breaks(Rule::timer_armed, timer.at_ns);
    } else if (told.was_armed || sees_cancels_) {
      holds(Rule::timer_armed);
    }
    if (armed && told.was_armed) {
      overdue(timer, on.pass_ns);
    }
  }
  const std::int64_t due = event.payload.hrtimer_start.softexpires;
  timer.losses = losses_;
  timer.state = Timer::State::armed;
  timer.cpu = event.cpu;
  timer.at_ns = event.time_ns;
  timer.due_ns = due > 0 ? static_cast<std::uint64_t>(due) : 0;
}

void Contradictions::timer_cancelled(Cpu& on, const Event& event, std::uint64_t number) {
  sees_cancels_ = true;
  Timer& timer = timer_of(number);
  if (timer.losses == losses_ && sees_all_cpus()) {
    if (timer.state == Timer::State::armed) {
      holds(Rule::timer_cancel);
      const bool in_interrupt = (event.context & WP_CONTEXT_HARDIRQ) != 0;
      overdue(timer, in_interrupt ? 0 : on.pass_ns);
    } else {
      breaks(Rule::timer_cancel, timer.at_ns);
    }
  }
  timer.losses = losses_;
  timer.state = Timer::State::cancelled;
}

void Contradictions::expires(Cpu& on, bool hard, std::uint64_t now_ns) {
  if (!hard) {
    return;
  }
  on.pass_ns = now_ns;
  if (on.irq.state == Pair::State::open || on.vector.state == Pair::State::open) {
    holds(Rule::timer_in_irq);
  } else if (on.irq.state == Pair::State::closed) {
    breaks(Rule::timer_in_irq, std::max(on.irq.at_ns, on.vector.at_ns));
  }
}

// Each interrupt of timers runs all that are due. Where a timer was started on another clock than
// the trace's, the times do not fit at all.
void Contradictions::late(const Cpu& on, const Timer& timer, const Event& event) {
  if (timer.cpu != event.cpu || timer.due_ns <= timer.at_ns ||
      (event.context & WP_CONTEXT_SOFTIRQ) != 0) {
    return;
  }
  if (on.earlier_pass_ns > timer.due_ns + kTimerSlackNs) {
    breaks(Rule::timer_late, timer.due_ns);
  } else {
    holds(Rule::timer_late);
  }
}

// Its CPU has taken interrupts since it was due, or has run others that were due: so it has run,
// and has been armed anew. Not of one that another CPU may run, nor one that a softirq runs.
void Contradictions::overdue(const Timer& timer, std::uint64_t pass_ns) {
  if (!timer.ran_on_its_cpu || timer.ran_elsewhere || !timers_clock_ ||
      timer.due_ns <= timer.at_ns) {
    return;
  }
  if (std::max(cpus_[timer.cpu].open_ns, pass_ns) > timer.due_ns + kInterruptSlackNs) {
    breaks(Rule::timer_overdue, timer.at_ns);
  } else {
    holds(Rule::timer_overdue);
  }
}

}  // namespace wakepath::foreign
