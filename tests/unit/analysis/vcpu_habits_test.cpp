// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/vcpu_habits.hpp"

#include <gtest/gtest.h>

namespace wakepath::analysis {
namespace {

WakeChain wake(std::uint32_t tid, std::uint32_t cpu, std::uint64_t ns, bool moved) {
  WakeChain chain;
  chain.who = {"web", 95, tid - 96, tid};
  chain.path = "timer(f)>vcpu";
  chain.root.kind = RootKind::timer;
  chain.begin_ns = 1'000;
  chain.end_ns = 1'000 + ns;
  chain.stages = {{StageKind::wake_delay, chain.begin_ns, chain.end_ns, cpu, "CPU 0/KVM", {}, {}}};
  if (moved) {
    chain.flags.set(Flag::migrated);
  }
  return chain;
}

TEST(VcpuHabits, CountsByThreadAndKeepsTheTotalsApart) {
  VcpuHabits habits;
  for (const std::uint32_t cpu : {1U, 0U, 1U}) {
    habits.add(wake(96, cpu, 40'000, true));
  }
  habits.add(wake(96, 1, 10'000, false));
  habits.add(wake(96, 1, 10'000, false));
  habits.add(wake(97, 3, 10'000, false));
  const auto rows = habits.rows(TotalKind::to_entry);
  ASSERT_EQ(rows.size(), 1U) << "one that stays has no row";
  EXPECT_EQ(rows[0].who.tid, 96U);
  EXPECT_EQ(rows[0].wakes, 5U);
  EXPECT_EQ(rows[0].moved, 3U);
  EXPECT_EQ(rows[0].cpus, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_EQ(rows[0].moved_p50_ns, 40'000U);
  EXPECT_EQ(rows[0].other_p50_ns, 10'000U);
}

TEST(VcpuHabits, AFaultIsOneAtOnceAndOfMemoryForSure) {
  VcpuHabits habits;
  const auto add = [&habits](std::uint64_t after_ns, const char* reason) {
    WakeChain chain = wake(96, 1, 10'000, false);
    chain.first_exit = GuestExit{chain.end_ns + after_ns, reason};
    habits.add(chain);
  };
  add(900, "IABT_LOW");
  add(900, "EPT_VIOLATION");
  add(900, "DABT_LOW");  // perhaps a device
  add(900'000, "IABT_LOW");
  habits.add(wake(96, 1, 10'000, false));
  const auto rows = habits.rows(TotalKind::to_entry);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].faulted, 2U);
  EXPECT_EQ(rows[0].left_seen, 4U);
  EXPECT_EQ(rows[0].wakes, 5U);
}

TEST(VcpuHabits, WhatALossMayHaveTouchedDoesNotCount) {
  VcpuHabits habits;
  WakeChain chain = wake(96, 1, 40'000, true);
  chain.flags.set(Flag::lossy);
  habits.add(chain);
  EXPECT_TRUE(habits.rows(TotalKind::to_entry).empty());
}

}  // namespace
}  // namespace wakepath::analysis
