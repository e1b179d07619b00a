// SPDX-License-Identifier: GPL-2.0-or-later
// Events that are missing, as timers show it: a tick that is due and does not come.
#include <cstdint>
#include <functional>

#include <gtest/gtest.h>

#include "import/maker_fixture.hpp"

namespace wakepath::foreign {
namespace {

constexpr std::uint64_t kTickUs = 4000;
constexpr std::uint64_t kTick = 88;
constexpr std::uint64_t kTicks = 60;

// One CPU with a tick. In the middle between two of them a task runs, with interrupts on, and the
// kernel cancels the tick and starts it again.
class Ticking {
 public:
  // What is told of each tick.
  struct Tick {
    bool comes{true};
    bool task{true};                  // it takes interrupts
    std::uint64_t late_us{0};         // its interrupt, after it was due
    std::uint64_t off_us{0};          // the trace's clock, from that of timers
    bool cancels{true};               // in the middle
    bool starts{true};                // again, and behind it
    std::optional<bool> was_armed{};  // as the start in the middle tells
  };

  void tick(std::uint64_t number, const Tick& of) {
    trace().since_us = number * kTickUs;
    if (of.comes) {
      hard(5 + of.late_us, WP_EVENT_IRQ_ENTRY).payload.irq.irq = 13;
      TraceEvent& expire = hard(8 + of.late_us, WP_EVENT_HRTIMER_EXPIRE_ENTRY);
      expire.payload.hrtimer.timer = kTick;
      expire.now_ns = expire.time_ns - 2000 - of.off_us * 1000;
      hard(10 + of.late_us, WP_EVENT_HRTIMER_EXPIRE_EXIT).payload.hrtimer.timer = kTick;
      if (of.starts) {
        start(hard(12 + of.late_us, WP_EVENT_HRTIMER_START));
      }
      hard(15 + of.late_us, WP_EVENT_IRQ_EXIT).payload.irq.irq = 13;
    }
    TraceEvent& queue = trace().next(3900, WP_EVENT_WORK_QUEUE, 10);
    queue.payload.work.work = 5;
    queue.open_ns = of.task ? queue.time_ns : 0;
    if (of.cancels) {
      trace().next(3910, WP_EVENT_NONE, 10).cancelled = kTick;
    }
    if (of.starts) {
      TraceEvent& again = trace().next(3920, WP_EVENT_HRTIMER_START, 10);
      again.was_armed = of.was_armed;
      start(again);
    }
  }
  std::uint64_t places() {
    told_.wakes();
    return told_.told.summary().lost;
  }

 private:
  Trace& trace() { return told_.trace; }
  TraceEvent& hard(std::uint64_t at_us, wp_event_kind kind) {
    TraceEvent& event = trace().next(at_us, kind, 10);
    event.context = WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ;
    return event;
  }
  void start(TraceEvent& event) {
    const std::uint64_t due_ns = kStart + (trace().since_us + kTickUs) * 1000;
    event.payload.hrtimer_start = {kTick, 0, static_cast<std::int64_t>(due_ns), 0};
  }

  Told told_;
};

std::uint64_t places(const std::function<Ticking::Tick(std::uint64_t)>& of) {
  Ticking ticking;
  for (std::uint64_t number = 0; number < kTicks; ++number) {
    ticking.tick(number, of(number));
  }
  return ticking.places();
}

TEST(ContradictionsTimers, ATickThatAlwaysComesHasNone) {
  EXPECT_EQ(places([](std::uint64_t) { return Ticking::Tick{}; }), 0U);
  EXPECT_EQ(places([](std::uint64_t) { return Ticking::Tick{.was_armed = false}; }), 0U);
}

// Two ticks are missing, and the task ran on.
Ticking::Tick without_two(std::uint64_t number) {
  const bool cut = number == 40 || number == 41;
  return {.comes = !cut, .cancels = !cut, .starts = !cut};
}

TEST(ContradictionsTimers, ATickThatIsDueAndDoesNotComeIsFound) {
  EXPECT_EQ(places(without_two), 1U);
}

TEST(ContradictionsTimers, ACpuThatTakesNoInterruptsMayHaveItLate) {
  EXPECT_EQ(places([](std::uint64_t number) {
              Ticking::Tick tick = without_two(number);
              tick.task = number != 40 && number != 41;
              return tick;
            }),
            0U);
}

TEST(ContradictionsTimers, AnEmulatedHostMayHaveItALittleLate) {
  EXPECT_EQ(places([](std::uint64_t number) {
              return Ticking::Tick{.late_us = number % 5 == 0 ? 2300U : 0U};
            }),
            0U);
}

TEST(ContradictionsTimers, OnAnotherClockNothingIsDue) {
  EXPECT_EQ(places([](std::uint64_t number) {
              Ticking::Tick tick = without_two(number);
              tick.off_us = 700;
              return tick;
            }),
            0U);
}

TEST(ContradictionsTimers, ATimerThatIsCancelledWasArmed) {
  // In 40 it expires and is cancelled, and its starts are missing.
  EXPECT_EQ(places([](std::uint64_t number) { return Ticking::Tick{.starts = number != 40}; }), 1U);
}

TEST(ContradictionsTimers, AStartSaysWhetherItWasArmed) {
  EXPECT_EQ(places([](std::uint64_t number) { return Ticking::Tick{.was_armed = number == 40}; }),
            1U);
}

// Kernels that do not say so cancel an armed timer first.
TEST(ContradictionsTimers, AnArmedOneIsNotStartedAgain) {
  EXPECT_EQ(places([](std::uint64_t number) { return Ticking::Tick{.cancels = number != 40}; }),
            1U);
  EXPECT_EQ(places([](std::uint64_t) { return Ticking::Tick{.cancels = false}; }), 0U);
}

}  // namespace
}  // namespace wakepath::foreign
