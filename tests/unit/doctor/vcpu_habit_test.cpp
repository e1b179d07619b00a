// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/vcpu_habit.hpp"

#include <gtest/gtest.h>

#include "findings/finding_list.hpp"

namespace wakepath::doctor {
namespace {

using Kind = VcpuHabit::Kind;

constexpr std::uint64_t kSecond = 1'000'000'000;

// What a second added.
VcpuSample second_of(const host::ThreadUsage& used) {
  VcpuSample sample;
  sample.before = {1000, 2000, 3000, 4000, 5 * kSecond, 0};
  sample.after = {1000 + used.user_ticks,
                  2000 + used.guest_ticks,
                  3000 + used.system_ticks,
                  4000 + used.blocked,
                  5 * kSecond + used.run_ns.value_or(0),
                  used.wait_ns.value_or(0)};
  sample.elapsed_ns = kSecond;
  return sample;
}

TEST(VcpuHabit, OneThatBlocksHasWakes) {
  VcpuSample sample = second_of({0, 3, 5, 200, kSecond / 10, 0});
  sample.elapsed_ns = 2 * kSecond;
  const VcpuHabit habit = habit_of(sample);
  EXPECT_EQ(habit.kind, Kind::blocks);
  EXPECT_EQ(habit.text, "blocks 100 times/s");
  EXPECT_EQ(findings::first_fix_text(habit.fixes), "");
}

TEST(VcpuHabit, OneThatSleepsIsNotCalledBusy) {
  EXPECT_EQ(habit_of(second_of({0, 0, 0, 0, 0, 0})).kind, Kind::idle);
  EXPECT_EQ(habit_of(second_of({0, 0, 0, 0, kSecond / 1000, 0})).kind, Kind::idle);
}

TEST(VcpuHabit, InItsGuestAllTheTime) {
  VcpuSample sample = second_of({0, 99, 1, 0, kSecond, 0});
  sample.arm64 = true;
  const VcpuHabit habit = habit_of(sample);
  EXPECT_EQ(habit.kind, Kind::in_guest);
  EXPECT_EQ(habit.text, "never blocked: ran 100% (guest 99%, kernel 1%, VMM 0%): no wakes to see");
  EXPECT_NE(findings::first_fix_text(habit.fixes).find("wfi_trap_policy"), std::string::npos);
  sample.arm64 = false;
  EXPECT_EQ(findings::first_fix_text(habit_of(sample).fixes).find("wfi_trap_policy"),
            std::string::npos);
}

TEST(VcpuHabit, PollingOrBusyInTheKernel) {
  VcpuSample sample = second_of({0, 10, 89, 0, kSecond, 0});
  EXPECT_EQ(habit_of(sample).kind, Kind::in_kernel);
  EXPECT_EQ(habit_of(sample).rule, "never_blocks") << "no count of polls says that it polls";
  EXPECT_NE(habit_of(sample).text.find("which is not known"), std::string::npos);
  sample.polls = 4900;
  EXPECT_EQ(habit_of(sample).rule, "always_polls");
  EXPECT_EQ(habit_of(sample).confidence, Confidence::medium) << "another vCPU may have polled";
  EXPECT_NE(findings::first_fix_text(habit_of(sample).fixes).find("halt_poll_ns"),
            std::string::npos);
  sample.polls = 0;
  EXPECT_EQ(habit_of(sample).fixes.at(0).command, "")
      << "it does not poll, so that can't be turned off";
}

TEST(VcpuHabit, AFindingSaysWhatItRestsOn) {
  VcpuSample sample = second_of({0, 99, 1, 0, kSecond, 0});
  sample.polls = 0;
  const VcpuHabit habit = habit_of(sample);
  const std::vector<Figure> evidence = {
      {"observed_ns", kSecond},         {"ran_ns", kSecond},
      {"guest_ns", kSecond * 99 / 100}, {"kernel_ns", kSecond / 100},
      {"vmm_ns", std::uint64_t{0}},     {"waited_ns", std::uint64_t{0}},
      {"blocked", std::uint64_t{0}},    {"host_polls", std::uint64_t{0}}};
  EXPECT_EQ(habit.evidence, evidence);
}

TEST(VcpuHabit, TooShortALookIsNotJudged) {
  VcpuSample sample = second_of({0, 45, 1, 0, kSecond / 2, 0});
  sample.elapsed_ns = kLeastSampleNs;
  EXPECT_EQ(habit_of(sample).kind, Kind::in_guest);
  --sample.elapsed_ns;
  EXPECT_EQ(habit_of(sample).kind, Kind::not_judged);
  EXPECT_EQ(habit_of(sample).rule, "");
}

TEST(VcpuHabit, OneSleepInASecondIsNone) {
  const VcpuHabit habit = habit_of(second_of({0, 60, 1, 1, kSecond * 6 / 10, kSecond * 4 / 10}));
  EXPECT_EQ(habit.kind, Kind::in_guest);
  EXPECT_EQ(habit.text.substr(0, 20), "hardly ever blocked:");
  EXPECT_EQ(habit_of(second_of({0, 60, 1, 1, kSecond * 6 / 10, 0})).kind, Kind::blocks);
}

TEST(VcpuHabit, KeptByItsVmm) {
  EXPECT_EQ(habit_of(second_of({90, 5, 5, 0, kSecond, 0})).kind, Kind::in_vmm);
}

TEST(VcpuHabit, WithoutSchedstatTheTicksTell) {
  VcpuSample sample = second_of({0, 99, 1, 0, std::nullopt, 0});
  sample.before.run_ns = sample.after.run_ns = std::nullopt;
  EXPECT_EQ(habit_of(sample).kind, Kind::in_guest);
}

TEST(VcpuHabit, AThreadThatWasReplacedIsNoNegativeNumber) {
  VcpuSample sample = second_of({0, 0, 0, 0, 0, 0});
  std::swap(sample.before, sample.after);
  sample.after = {};
  EXPECT_EQ(habit_of(sample).kind, Kind::idle);
  sample.elapsed_ns = 0;
  EXPECT_EQ(habit_of(sample).kind, Kind::not_judged);
}

}  // namespace
}  // namespace wakepath::doctor
