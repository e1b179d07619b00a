// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/clock_guess.hpp"

#include <gtest/gtest.h>

namespace wakepath::foreign {
namespace {

constexpr std::uint64_t kUs = 1000;

class Clock {
 public:
  explicit Clock(std::int64_t off_us = 0) : off_ns_(off_us * 1000) { guess.resolution(kUs); }

  // An interrupt at `at_us` of CLOCK_MONOTONIC, which reads the clock, and runs a timer.
  void interrupt(std::uint64_t at_us, std::uint64_t read_after_us, std::uint64_t runs_after_us,
                 std::int64_t base_us = 0) {
    event(WP_EVENT_IRQ_ENTRY, at_us, 0);
    expire(at_us + read_after_us + runs_after_us,
           static_cast<std::uint64_t>(static_cast<std::int64_t>(at_us + read_after_us) + base_us));
  }
  void expire(std::uint64_t at_us, std::uint64_t now_us) {
    event(WP_EVENT_HRTIMER_EXPIRE_ENTRY, at_us, now_us * kUs);
  }
  void event(wp_event_kind kind, std::uint64_t at_us, std::uint64_t now_ns) {
    Event event{};
    event.kind = kind;
    event.context = WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ;
    event.time_ns = at_us * kUs + static_cast<std::uint64_t>(off_ns_);
    guess.event(event, now_ns);
  }

  ClockGuess guess;

 private:
  std::int64_t off_ns_;
};

TEST(ClockGuess, WithoutTimersNothingIsKnown) {
  Clock clock;
  clock.event(WP_EVENT_SWITCH, 1000, 0);
  EXPECT_EQ(clock.guess.monotonic(), std::nullopt);
  EXPECT_FALSE(clock.guess.any());
}

// Under emulation the callbacks run long after the reading.
TEST(ClockGuess, ASlowHostIsNotAnotherClock) {
  Clock clock;
  for (std::uint64_t at_us = 1'000'000; at_us < 2'000'000; at_us += 10'000) {
    clock.interrupt(at_us, 60, 42 + at_us % 7);
  }
  EXPECT_EQ(clock.guess.monotonic(), true);
}

// The second timer of an interrupt runs long after the reading too; the first is no bound for it.
TEST(ClockGuess, AnInterruptReadsTheClockOnce) {
  Clock clock;
  clock.interrupt(1'000'000, 5, 10);
  clock.expire(1'000'400, 1'000'005);
  EXPECT_EQ(clock.guess.monotonic(), true);
}

TEST(ClockGuess, WhatTheEventsExcludeIsAnotherClock) {
  for (const std::int64_t off_us : {-900'000, -300, 300, 900'000}) {
    Clock clock(off_us);
    clock.interrupt(1'000'000, 60, 100);
    clock.interrupt(1'010'000, 20, 50);
    EXPECT_EQ(clock.guess.monotonic(), false) << off_us;
    EXPECT_FALSE(clock.guess.drifts());
    const auto least = static_cast<std::int64_t>(clock.guess.least_off() / kUs);
    EXPECT_LE(least, std::abs(off_us));
    EXPECT_GE(least, std::abs(off_us) - 60);
  }
}

TEST(ClockGuess, EventsThatContradictEachOtherShowADrift) {
  Clock clock;
  clock.interrupt(1'000'000, 5, 5);
  clock.expire(1'010'000, 1'009'800);
  EXPECT_EQ(clock.guess.monotonic(), true);
  clock.event(WP_EVENT_IRQ_ENTRY, 1'020'000, 0);
  clock.expire(1'020'010, 1'019'700);
  EXPECT_EQ(clock.guess.monotonic(), false);
  EXPECT_TRUE(clock.guess.drifts());
}

TEST(ClockGuess, TimersOfOtherClocksAreNoEvidence) {
  for (const bool first : {true, false}) {
    Clock clock;
    const auto of_real_time = [&] { clock.interrupt(990'000, 5, 5, 1'700'000'000'000'000); };
    if (first) {
      of_real_time();
    }
    clock.interrupt(1'000'000, 60, 42);
    if (!first) {
      of_real_time();
    }
    EXPECT_EQ(clock.guess.monotonic(), true) << first;
  }
}

TEST(ClockGuess, BoundsThatAreFarApartSayNothing) {
  Clock clock;
  clock.interrupt(1'000'000, 400'000, 300'000);
  EXPECT_EQ(clock.guess.monotonic(), std::nullopt);
  EXPECT_TRUE(clock.guess.any());
}

}  // namespace
}  // namespace wakepath::foreign
