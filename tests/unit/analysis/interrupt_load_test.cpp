// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/interrupt_load.hpp"

#include <gtest/gtest.h>

#include "analysis/chains.hpp"

namespace wakepath::analysis {
namespace {

using testing::wake;

InterruptPtr interrupt(std::uint32_t irq, const char* action) {
  Interrupt one;
  one.irq = irq;
  one.action = action;
  return std::make_shared<const Interrupt>(one);
}

Blame by(const InterruptPtr& who, std::uint64_t ns) {
  return {BlameKind::hardirq, who->action, ns, {}, {}, who};
}

TEST(InterruptLoads, CountAWakeOnceHoweverManyStagesItWaitedIn) {
  const InterruptPtr eth1 = interrupt(57, "eth1-rx-1");
  WakeChain chain = wake(1'000);
  chain.stages[1].blame = {by(eth1, 30), {BlameKind::task, "make", 70}};
  chain.stages[2].blame = {by(eth1, 5)};
  InterruptLoads loads;
  loads.add(chain);
  const std::vector<InterruptLoad> rows = loads.rows();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].wakes, 0U);
  EXPECT_EQ(rows[0].delayed, 1U);
  EXPECT_EQ(rows[0].stole_ns, 35U);
}

TEST(InterruptLoads, TellVmsAndWakesThatItCausedApart) {
  const InterruptPtr eth1 = interrupt(57, "eth1-rx-1");
  const InterruptPtr nvme = interrupt(60, "nvme0q3");
  InterruptLoads loads;
  WakeChain caused = wake(1'000, {}, "irq(eth*-rx-*)>vcpu", "web");
  caused.root.kind = RootKind::irq;
  caused.root.interrupt = eth1;
  loads.add(caused);
  WakeChain timed = wake(1'000, {}, "timer(f)>vcpu", "web");
  timed.root.kind = RootKind::timer;  // by way of an interrupt, but not because of it
  timed.root.interrupt = interrupt(13, "arch_timer");
  loads.add(timed);
  WakeChain held = wake(1'000, {}, "timer(f)>vcpu", "db");
  held.stages[1].blame = {by(nvme, 40), by(eth1, 2)};
  loads.add(held);
  const std::vector<InterruptLoad> rows = loads.rows();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].interrupt, nvme) << "which took most";
  EXPECT_EQ(rows[1].interrupt, eth1);
  EXPECT_EQ(rows[1].wakes, 1U);
  ASSERT_EQ(rows[1].vms.size(), 2U);
  EXPECT_EQ(rows[1].vms[0].vm, "db");
  EXPECT_EQ(rows[1].vms[0].stole_ns, 2U);
  EXPECT_EQ(rows[1].vms[1].vm, "web");
  EXPECT_EQ(rows[1].vms[1].wakes, 1U);
  EXPECT_EQ(rows[1].vms[1].delayed, 0U);
}

TEST(InterruptLoads, TakeNothingFromAWakeThatALossMayHaveTouched) {
  WakeChain chain = wake(1'000, {Flag::lossy});
  chain.stages[1].blame = {by(interrupt(57, "eth1-rx-1"), 30)};
  InterruptLoads loads;
  loads.add(chain);
  EXPECT_TRUE(loads.rows().empty());
}

TEST(InterruptLoads, KnowAnInterruptAgainOfWhichMoreIsSaidLater) {
  Interrupt more = *interrupt(57, "eth1-rx-1");
  more.device = "eth1";
  const auto later = std::make_shared<const Interrupt>(more);
  InterruptLoads loads;
  for (const InterruptPtr& who : {interrupt(57, "eth1-rx-1"), InterruptPtr(later)}) {
    WakeChain chain = wake(1'000);
    chain.stages[1].blame = {by(who, 30)};
    loads.add(chain);
  }
  ASSERT_EQ(loads.rows().size(), 1U);
  EXPECT_EQ(loads.rows()[0].interrupt, later);
  EXPECT_EQ(loads.rows()[0].delayed, 2U);
}

// Two VMs may have one name.
TEST(InterruptLoads, TellVmsOfOneNameApart) {
  const InterruptPtr eth1 = interrupt(57, "eth1-rx-1");
  InterruptLoads loads;
  for (const std::uint32_t pid : {95U, 95U, 195U}) {
    WakeChain held = wake(1'000, {}, "timer(f)>vcpu", "qemu");
    held.who.vm_pid = pid;
    held.stages[1].blame = {by(eth1, 2)};
    loads.add(held);
  }
  const std::vector<InterruptLoad> rows = loads.rows();
  ASSERT_EQ(rows.size(), 1U);
  ASSERT_EQ(rows[0].vms.size(), 2U);
  EXPECT_EQ(rows[0].vms[0].vm_pid, 95U);
  EXPECT_EQ(rows[0].vms[0].delayed, 2U);
  EXPECT_EQ(rows[0].vms[1].vm_pid, 195U);
  EXPECT_EQ(rows[0].vms[1].delayed, 1U);
}

TEST(InterruptLoads, OneVmOfItsNameNeedsNoNumber) {
  InterruptLoads loads;
  WakeChain held = wake(1'000);
  held.stages[1].blame = {by(interrupt(57, "eth1-rx-1"), 2)};
  loads.add(held);
  EXPECT_FALSE(loads.rows().at(0).vms.at(0).vm_pid);
}

}  // namespace
}  // namespace wakepath::analysis
