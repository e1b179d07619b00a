// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/record_maker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/maker_fixture.hpp"

namespace wakepath::foreign {
namespace {

// A wake, an event of its CPU, and a loss that is told after it.
void lose_after_the_wake(Told& told, std::uint32_t cpu) {
  told.trace.kvm_exit(0);
  told.trace.sleep(10);
  told.trace.wake();
  told.trace.kvm_exit(1065);
  told.trace.flush();
  TraceEvent later;
  later.time_ns = kStart + 1'070'000;
  later.cpu = cpu;
  later.kind = WP_EVENT_CPU_IDLE;
  EXPECT_TRUE(told.maker.lost({cpu, 17}));
  EXPECT_TRUE(told.maker.event(later));
}

TEST(RecordMaker, ALossIsOfItsCpuAndItsPlace) {
  Told after;
  lose_after_the_wake(after, 0);
  ASSERT_EQ(after.wakes().size(), 1U);
  EXPECT_TRUE(after.told.wakes[0].complete()) << "the loss is younger";
  EXPECT_EQ(after.told.summary().lost, 17U);

  Told since_begin;
  lose_after_the_wake(since_begin, 1);
  ASSERT_EQ(since_begin.wakes().size(), 1U);
  EXPECT_TRUE(since_begin.told.wakes[0].flags.has(Flag::lossy)) << "CPU 1 had no event before";
}

// A CPU says nothing for `silent_us`, in which another one's vCPU wakes; then it tells a loss.
void silent(Told& told, std::uint64_t silent_us, bool speaks_again) {
  const auto of_cpu_1 = [&](std::uint64_t at_us) {
    told.trace.flush();
    TraceEvent event;
    event.time_ns = kStart + at_us * 1000;
    event.cpu = 1;
    event.kind = WP_EVENT_CPU_IDLE;
    EXPECT_TRUE(told.maker.event(event));
  };
  told.trace.kvm_exit(0);
  of_cpu_1(5);
  for (; told.trace.since_us + 2000 < silent_us; told.trace.since_us += 2000) {
    told.trace.sleep(10);
    told.trace.wake();
    told.trace.kvm_exit(1900);
  }
  told.trace.flush();
  EXPECT_TRUE(told.maker.lost({1, 3}));
  if (speaks_again) {
    of_cpu_1(silent_us);
  }
}

TEST(RecordMaker, ALossIsAsOldAsItsCpusLastEvent) {
  for (const bool speaks_again : {true, false}) {
    Told told;
    silent(told, 900'000, speaks_again);
    const auto& wakes = told.wakes();
    ASSERT_GT(wakes.size(), 400U);
    for (const WakeChain& wake : wakes) {
      EXPECT_TRUE(wake.flags.has(Flag::lossy)) << "at " << wake.begin_ns;
    }
    EXPECT_EQ(told.told.summary().lost, 3U);
  }
}

TEST(RecordMaker, WhereSomebodyWaitsASilentCpuIsNotWaitedForForEver) {
  Told told;
  told.maker.wait_at_most(100'000'000);
  silent(told, 900'000, true);
  EXPECT_FALSE(told.told.wakes.empty()) << "told before the end";
  EXPECT_FALSE(told.wakes().back().complete()) << "held when the loss was told";
  EXPECT_THAT(told.told.notices, ::testing::Contains(::testing::HasSubstr("1 loss was told")));
}

// Its timer was armed before the loss, and may have been armed anew in it.
TEST(RecordMaker, AnExpiryFromBeforeALossIsNotUsedAfterIt) {
  for (const std::uint32_t cpu : {0U, 1U}) {
    Told told;
    told.trace.kvm_exit(0);
    told.trace.sleep(10);
    told.trace.flush();
    TraceEvent event;
    event.cpu = cpu;
    event.kind = WP_EVENT_CPU_IDLE;
    event.time_ns = kStart + 20'000;
    EXPECT_TRUE(told.maker.event(event));
    EXPECT_TRUE(told.maker.lost({cpu, std::nullopt}));
    event.time_ns = kStart + 900'000;
    EXPECT_TRUE(told.maker.event(event));
    told.trace.wake();
    const auto& wakes = told.wakes();
    ASSERT_EQ(wakes.size(), 1U);
    EXPECT_EQ(wakes[0].begin_ns, kStart + 1005'000);
    EXPECT_TRUE(wakes[0].flags.has(Flag::no_expiry));
  }
}

TEST(RecordMaker, WhatWasOverwrittenLiesBeforeTheFirstEventOfEachCpu) {
  TraceInfo info;
  info.form = "a test";
  info.resolution_ns = 1000;
  info.overwritten = 100;
  info.cpus = 2;
  Told late;
  ASSERT_TRUE(late.maker.about(info));
  late.trace.kvm_exit(0);
  late.trace.sleep(10);
  late.trace.wake();
  late.trace.flush();
  TraceEvent first;
  first.time_ns = kStart + 1'070'000;
  first.cpu = 1;
  first.kind = WP_EVENT_CPU_IDLE;
  EXPECT_TRUE(late.maker.event(first));
  ASSERT_EQ(late.wakes().size(), 1U);
  EXPECT_TRUE(late.told.wakes[0].flags.has(Flag::lossy)) << "CPU 1 begins after it";
}

}  // namespace
}  // namespace wakepath::foreign
