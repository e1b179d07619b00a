// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/quiet_vcpu.hpp"

#include <gtest/gtest.h>

namespace wakepath::findings {
namespace {

using Why = QuietVcpu::Why;

QuietVcpu vcpu(Why why) {
  QuietVcpu quiet;
  quiet.who = {"web1", 95, 2, 98};
  quiet.why = why;
  quiet.observed_ns = 2'000'000'000;
  quiet.on_cpu_ns = 1'000'000'000;
  quiet.polls = 7;
  return quiet;
}

TEST(QuietVcpuFinding, SaysWhoAndWhy) {
  const Finding found = quiet_vcpu(vcpu(Why::never_blocks), "aarch64");
  EXPECT_EQ(found.rule, "never_blocks");
  EXPECT_EQ(found.severity, Severity::info);
  EXPECT_EQ(found.confidence, Confidence::high);
  EXPECT_EQ(found.subject.vm, "web1");
  EXPECT_EQ(found.subject.vm_pid, 95U);
  EXPECT_EQ(found.subject.vcpu, 2U);
  EXPECT_EQ(found.subject.tid, 98U);
  EXPECT_EQ(found.text,
            "web1 vCPU 2: never blocks: on its CPU 50.0% of 2.00s, off it 0 times, never to sleep");
}

TEST(QuietVcpuFinding, ALossMakesItLessSure) {
  QuietVcpu lossy = vcpu(Why::always_polls);
  lossy.lossy = true;
  EXPECT_EQ(quiet_vcpu(lossy, "aarch64").confidence, Confidence::medium);
  EXPECT_EQ(quiet_vcpu(vcpu(Why::asleep), "aarch64").confidence, Confidence::look);
}

TEST(QuietVcpuFinding, WhatCanBeDoneDependsOnTheReasonAndTheHost) {
  const auto polls = quiet_fixes(Why::always_polls, "aarch64");
  ASSERT_EQ(polls.size(), 1U);
  EXPECT_EQ(polls.front().command, "echo 0 >/sys/module/kvm/parameters/halt_poll_ns");
  const auto arm64 = quiet_fixes(Why::never_blocks, "aarch64");
  const auto x86 = quiet_fixes(Why::never_blocks, "x86_64");
  EXPECT_EQ(arm64.front().command, "");
  EXPECT_NE(arm64.front().note.find("WFI"), std::string::npos);
  EXPECT_NE(x86.front().note.find("HLT"), std::string::npos);
  EXPECT_TRUE(quiet_fixes(Why::asleep, "x86_64").empty());
}

TEST(QuietVcpuFinding, WhatLacksEvidenceIsNotJudged) {
  QuietVcpu unjudged = vcpu(Why::not_judged);
  unjudged.lacks = QuietVcpu::Lack::no_switches;
  const Finding found = quiet_vcpu(unjudged, "x86_64");
  EXPECT_EQ(found.rule, "not_judged");
  EXPECT_EQ(found.text, "web1 vCPU 2: not judged: no sched_switch: whether it blocks is not known");
  EXPECT_EQ(found.confidence, Confidence::look);
  EXPECT_TRUE(found.fixes.empty());
  unjudged.lacks = QuietVcpu::Lack::time;
  unjudged.observed_ns = 9'000'000;
  EXPECT_EQ(quiet_reason(unjudged),
            "not judged: seen for 9.00ms, and 10.0ms are needed: whether it blocks is not known");
  unjudged.lacks = QuietVcpu::Lack::polls;
  unjudged.polls = 2;
  EXPECT_EQ(quiet_reason(unjudged), "not judged: halt polling met 2 wakes, and 3 are needed");
}

TEST(QuietVcpuFinding, WhatIsNotKnownHasNoName) {
  QuietVcpu unknown = vcpu(Why::not_seen);
  unknown.who = {"?", std::nullopt, std::nullopt, 98};
  unknown.polls = std::nullopt;
  const Finding found = quiet_vcpu(unknown, "x86_64");
  EXPECT_EQ(found.subject.vm, "");
  EXPECT_EQ(found.text, "unknown VM, thread 98: no event of it was seen");
  for (const auto& [name, value] : found.evidence) {
    if (name == "polls" || name == "cpu") {
      EXPECT_TRUE(std::holds_alternative<std::monostate>(value)) << name;
    }
  }
}

}  // namespace
}  // namespace wakepath::findings
