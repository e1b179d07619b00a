// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/culprit.hpp"

#include <memory>

#include <gtest/gtest.h>

#include "findings/blame_advice.hpp"
#include "findings/setting_advice.hpp"

namespace wakepath::findings {
namespace {

// 100 wakes, of which a task made nearly all.
std::vector<BlameGroup> a_hog() {
  BlameRow hog;
  hog.kind = BlameKind::task;
  hog.what = "hog";
  hog.tid = 178;
  hog.prio = 120;
  hog.ns = 800'000'000;
  hog.wakes = 99;
  hog.worst_ns = 22'000'000;
  BlameRow on_cpu = hog;
  hog.p50_without_ns = 100'000;
  hog.p99_without_ns = 6'000'000;
  BlameRow own;
  own.kind = BlameKind::self;
  own.ns = 200'000'000;
  own.wakes = 100;
  own.p50_without_ns = 0;
  own.p99_without_ns = 0;
  BlameGroup all;
  all.wakes = 100;
  all.ns = 1'000'000'000;
  all.p50_ns = 7'000'000;
  all.p99_ns = 31'000'000;
  all.rows = {hog, own};
  BlameGroup cpu;
  cpu.cpu = 1;
  cpu.wakes = 100;
  cpu.ns = 1'000'000'000;
  cpu.rows = {on_cpu};
  return {all, cpu};
}

TEST(Culprit, SaysWhoWhereAndWhatItWouldGive) {
  const std::vector<Finding> found = culprits(a_hog());
  ASSERT_EQ(found.size(), 1U) << "own code is no culprit";
  EXPECT_EQ(found[0].text,
            "hog (tid 178, nice 0) on CPU 1 held up 99 of 100 wakes, 80% of all delay (without it "
            "p50 7.00ms -> 100us, p99 31.0ms -> 6.00ms)");
  EXPECT_EQ(found[0].subject.tid, 178U);
  EXPECT_EQ(found[0].subject.cpus, "1");
  EXPECT_EQ(found[0].effect.p99_without_ns, 6'000'000U);
  ASSERT_EQ(found[0].fixes.size(), 1U);
  EXPECT_EQ(found[0].fixes[0].command, "ps -fp 178");
  EXPECT_TRUE(found[0].fixes[0].look);
  EXPECT_EQ(found[0].confidence, Confidence::high);
}

TEST(Culprit, AnInterruptsFixIsACommandOfItsOwn) {
  std::vector<BlameGroup> blame = a_hog();
  Interrupt interrupt;
  interrupt.irq = 57;
  interrupt.action = "eth1 rx";
  for (BlameGroup& group : blame) {
    group.rows[0].kind = BlameKind::hardirq;
    group.rows[0].interrupt = std::make_shared<const Interrupt>(interrupt);
  }
  ASSERT_EQ(culprits(blame).size(), 1U);
  EXPECT_EQ(culprits(blame)[0].fixes[0].command, "wakepath irqs --name 'eth1 rx'");
}

TEST(Culprit, WhatEachCpuHasIsNotMoved) {
  std::vector<BlameGroup> blame = a_hog();
  Interrupt timer;
  timer.irq = 13;
  timer.action = "arch_timer";
  for (BlameGroup& group : blame) {
    group.rows[0].kind = BlameKind::hardirq;
    group.rows[0].what = timer.action;
    group.rows[0].interrupt = std::make_shared<const Interrupt>(timer);
  }
  ASSERT_EQ(culprits(blame).size(), 1U);
  EXPECT_EQ(culprits(blame)[0].fixes[0].command, "rtla hwnoise -c 1 -d 10s");
  blame[0].rows[0].worst_ns = 20'000;
  EXPECT_EQ(culprits(blame)[0].fixes[0].command, "") << "so long a timer takes";
}

TEST(Culprit, IsTheTracerByItsNameAlone) {
  std::vector<BlameGroup> blame = a_hog();
  for (BlameGroup& group : blame) {
    group.rows[0].what = "wakepath";
  }
  ASSERT_EQ(culprits(blame).size(), 1U);
  EXPECT_EQ(culprits(blame)[0].confidence, Confidence::look);
  EXPECT_EQ(culprits(blame)[0].fixes[0].note, move_task("wakepath", 178, "CPU 1").note);
}

TEST(Culprit, GoesToAFreeCpuWhereOneIsKnown) {
  Finding finding = culprits(a_hog())[0];
  move_to(finding, {});
  EXPECT_EQ(finding.fixes[0].command, "ps -fp 178");
  move_to(finding, CpuSet::parse("0,2-3").value());
  ASSERT_EQ(finding.fixes.size(), 1U);
  EXPECT_EQ(finding.fixes[0].command, "taskset -cp 0,2-3 178");
  EXPECT_FALSE(finding.fixes[0].look);
}

TEST(Culprit, AThreadOfTheKernelThatIsBoundIsNotMoved) {
  for (const char* const name : {"kworker/1:0: f", "ksoftirqd/1", "migration/1", "kworker/u4:1"}) {
    EXPECT_EQ(move_task(name, 12, "CPU 1").command, "") << name;
  }
  EXPECT_EQ(move_task("kvm", std::nullopt, "CPU 1").command, "") << "its thread is not known";
}

TEST(Culprit, AnIdleStateHasTheSameAdviceEverywhere) {
  std::vector<BlameGroup> blame = a_hog();
  for (BlameGroup& group : blame) {
    group.rows[0].kind = BlameKind::idle_exit;
    group.rows[0].what = "idle state 2";
    group.rows[0].tid.reset();
  }
  ASSERT_EQ(culprits(blame).size(), 1U);
  const Fix fix = culprits(blame)[0].fixes[0];
  EXPECT_EQ(fix.command, "cpupower -c 1 idle-set -d 2");
  EXPECT_EQ(idle_state_advice(blame).at(0).fixes[0].command, fix.command);
}

TEST(Culprit, OfFewWakesNothingIsClaimed) {
  std::vector<BlameGroup> blame = a_hog();
  blame[0].wakes = kLeastBlamedWakes - 1;
  EXPECT_TRUE(culprits(blame).empty());
}

TEST(Culprit, WhatGivesLittleIsNone) {
  std::vector<BlameGroup> blame = a_hog();
  blame[0].rows[0].p99_without_ns = 30'000'000;
  blame[0].rows[0].p50_without_ns = 6'000'000;
  EXPECT_TRUE(culprits(blame).empty()) << "less than a fifth";
  blame = a_hog();
  blame[0].p50_ns = blame[0].p99_ns = 60'000;
  blame[0].rows[0].p50_without_ns = blame[0].rows[0].p99_without_ns = 20'000;
  EXPECT_TRUE(culprits(blame).empty()) << "less than 50 us";
  blame = a_hog();
  blame[0].rows[0].ns = 100'000'000;
  EXPECT_TRUE(culprits(blame).empty()) << "a tenth of the delay";
}

TEST(Culprit, WithoutAP99TheMedianDecides) {
  std::vector<BlameGroup> blame = a_hog();
  blame[0].p99_ns = blame[0].rows[0].p99_without_ns = std::nullopt;
  ASSERT_EQ(culprits(blame).size(), 1U);
  EXPECT_NE(culprits(blame)[0].text.find("(without it p50 7.00ms -> 100us)"), std::string::npos);
}

TEST(Culprit, NamesSayTheKindAndThePriority) {
  BlameRow row;
  row.kind = BlameKind::task;
  row.what = "dpdk";
  row.tid = 9;
  row.prio = 49;
  EXPECT_EQ(culprit_name(row), "dpdk (tid 9, real-time priority 50)");
  row = {};
  row.kind = BlameKind::hardirq;
  row.what = "eth1-rx-1";
  EXPECT_EQ(culprit_name(row), "interrupt eth1-rx-1");
  Interrupt interrupt;
  interrupt.irq = 57;
  interrupt.action = "virtio2-input.0";
  interrupt.device = "eth1";
  row.interrupt = std::make_shared<const Interrupt>(interrupt);
  row.what = "virtio2-input.0: f";
  EXPECT_EQ(culprit_name(row), "interrupt eth1: f (irq 57)");
  row.interrupt = nullptr;
  row.kind = BlameKind::idle_exit;
  row.what = "idle state 2";
  EXPECT_EQ(culprit_name(row), "exit from idle state 2");
  row.kind = BlameKind::limit;
  row.what = "CPU bandwidth limit";
  EXPECT_EQ(culprit_name(row), "CPU bandwidth limit");
  row.kind = BlameKind::self;
  row.what = "VMM";
  EXPECT_EQ(culprit_name(row), "VMM in user space");
}

}  // namespace
}  // namespace wakepath::findings
