// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/habit_findings.hpp"

#include <gtest/gtest.h>

namespace wakepath::findings {
namespace {

VcpuHabit a_mover() {
  VcpuHabit vcpu;
  vcpu.who = {"web", 95, 2, 98};
  vcpu.wakes = 100;
  vcpu.moved = 60;
  vcpu.cpus = {2, 3, 7};
  vcpu.moved_p50_ns = 40'000;
  vcpu.other_p50_ns = 12'000;
  return vcpu;
}

TEST(VcpuHabit, OfMovingIsSaidWithWhereAndWhatItCosts) {
  const auto found = vcpu_habits({a_mover()});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].text,
            "web vCPU 2 moved to another CPU in 60 of 100 wakes, among CPUs 2-3,7 (their p50 is "
            "40.0us, that of the others 12.0us)");
  EXPECT_EQ(found[0].severity, Severity::warning);
  EXPECT_EQ(found[0].subject.tid, 98U);
  ASSERT_EQ(found[0].fixes.size(), 1U);
  EXPECT_EQ(found[0].fixes[0].command, "taskset -cp 98");
}

TEST(VcpuHabit, OfAnUnknownVmItsThreadIsSaid) {
  VcpuHabit vcpu = a_mover();
  vcpu.who = {"?", std::nullopt, std::nullopt, 98};
  vcpu.other_p50_ns.reset();
  ASSERT_EQ(vcpu_habits({vcpu}).size(), 1U);
  EXPECT_EQ(vcpu_habits({vcpu})[0].text,
            "unknown VM thread 98 moved to another CPU in 60 of 100 wakes, among CPUs 2-3,7");
}

TEST(VcpuHabit, NowAndThenIsNone) {
  VcpuHabit vcpu = a_mover();
  vcpu.moved = 24;
  EXPECT_TRUE(vcpu_habits({vcpu}).empty()) << "less than a fourth";
  vcpu.wakes = vcpu.moved = 19;
  EXPECT_TRUE(vcpu_habits({vcpu}).empty()) << "so few may be chance";
}

TEST(VcpuHabit, OfFaultsIsSaidWhereExitsWereSeen) {
  VcpuHabit vcpu = a_mover();
  vcpu.moved = 0;
  EXPECT_TRUE(vcpu_habits({vcpu}).empty());
  vcpu.left_seen = 100;
  vcpu.faulted = 90;
  const auto found = vcpu_habits({vcpu});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, "entry_faults");
  EXPECT_EQ(found[0].text.find("web vCPU 2 left its guest at once after 90 of 100 wakes"), 0U);
  vcpu.left_seen = 400;
  EXPECT_TRUE(vcpu_habits({vcpu}).empty()) << "less than a fourth";
}

}  // namespace
}  // namespace wakepath::findings
