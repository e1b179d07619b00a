// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts/irq_mover.hpp"

#include <gtest/gtest.h>

#include "host/read_file.hpp"
#include "host/tree.hpp"

namespace wakepath::interrupts {
namespace {

class IrqMoverTest : public host::Tree {
 protected:
  IrqMoverTest() {
    put("proc/interrupts",
        "           CPU0       CPU1\n"
        " 57:         10          2   GICv2  57 Level     eth0\n"
        " 58:          3          0   GICv2  58 Level     eth1\n");
    put("sys/devices/system/cpu/possible", "0-1\n");
    put("sys/devices/system/cpu/online", "0-1\n");
    for (const char* irq : {"57", "58"}) {
      put(std::string("proc/irq/") + irq + "/smp_affinity_list", "0-1\n");
    }
  }
  MoveWanted wanted(const std::string& irq, std::string_view cpus) const {
    MoveWanted wanted;
    wanted.irq = irq;
    wanted.cpus = CpuSet::parse(cpus).value();
    return wanted;
  }
  std::string affinity(const std::string& irq) const {
    return host::read_line(root() + "/proc/irq/" + irq + "/smp_affinity_list").value_or("?");
  }
};

TEST_F(IrqMoverTest, WritesWhatWasAskedForAndReadsItBack) {
  auto mover = IrqMover::read(root());
  ASSERT_TRUE(mover);
  ASSERT_TRUE(mover->plan(wanted("57", "1")));
  ASSERT_EQ(mover->outcomes().size(), 1U);
  EXPECT_EQ(affinity("57"), "0-1") << "a plan writes nothing";
  ASSERT_TRUE(mover->open("wakepath irqs move"));
  mover->write();
  mover->read_back();
  const MoveOutcome& outcome = mover->outcomes().front();
  EXPECT_TRUE(outcome.written);
  EXPECT_EQ(outcome.move.row.affinity, "0-1");
  EXPECT_EQ(outcome.affinity.substr(0, 1), "1");
  EXPECT_EQ(affinity("58"), "0-1");
}

TEST_F(IrqMoverTest, SaysOfAFileThatIsGoneWhatItMeans) {
  auto mover = IrqMover::read(root());
  ASSERT_TRUE(mover);
  ASSERT_TRUE(mover->plan(wanted("57", "1")));
  std::filesystem::remove(root() + "/proc/irq/57/smp_affinity_list");
  const auto opened = mover->open("wakepath irqs move");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::usage);
  EXPECT_NE(opened.error().message.find("is gone"), std::string::npos) << opened.error().message;
}

TEST_F(IrqMoverTest, WaitsNoLongerThanItIsTold) {
  auto mover = IrqMover::read(root());
  ASSERT_TRUE(mover);
  ASSERT_TRUE(mover->plan(wanted("58", "1")));
  ASSERT_TRUE(mover->open(""));
  mover->write();
  int asked = 0;
  mover->wait(std::chrono::hours(1), [&asked] { return ++asked == 2; });
  EXPECT_EQ(asked, 2) << "nothing comes in a tree, so only the caller ends the wait";
  ASSERT_TRUE(mover->outcomes().front().came);
  EXPECT_TRUE(mover->outcomes().front().came->empty());
}

TEST_F(IrqMoverTest, WhatCannotBePlannedIsAnError) {
  auto mover = IrqMover::read(root());
  ASSERT_TRUE(mover);
  EXPECT_EQ(mover->plan(wanted("99", "1")).error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace wakepath::interrupts
