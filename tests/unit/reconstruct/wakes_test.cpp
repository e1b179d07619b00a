// SPDX-License-Identifier: GPL-2.0-or-later
// What becomes of wakes whose events are not the usual ones.
#include <string>

#include <gtest/gtest.h>

#include "support/recording_sink.hpp"

namespace wakepath::testing {

namespace {

const std::string kHost = R"(
host kernel=6.1.0 arch=aarch64 cpus=4 hz=1_000_000_000
event kvm_exit
vm 95 tgid=94 name=guest
thread vcpu 96 "CPU 0/KVM" vm=95 index=0
thread kworker 93 kworker/1:2
thread task 300 some-task
)";
const std::string kAsleep = "2_000_000 1 vcpu sched_switch next=idle state=S\n";
const std::string kEntered = "1_900_000 1 vcpu kvm_entry\n" + kAsleep;

std::vector<WakeChain> wakes(const std::string& text) {
  Recording recording = run(kHost + text);
  for (const WakeChain& chain : recording.wakes) {
    EXPECT_EQ(broken_rule(chain), "") << text_of(chain);
  }
  return std::move(recording.wakes);
}

std::string flags(const WakeChain& chain) {
  const std::string text = text_of(chain);
  const std::size_t at = text.rfind("flags") + 5;
  return text.substr(at, text.size() - at - 1);
}

std::string stages(const WakeChain& chain) {
  std::string text;
  for (const Stage& stage : chain.stages) {
    text += std::string(name_of(stage.kind)) + " " + std::to_string(stage.end_ns - stage.begin_ns) +
            " ";
  }
  return text;
}

}  // namespace

TEST(Wakes, AWakingThatWasNotSeenHasNeitherCauseNorDelay) {
  const auto chains = wakes(kEntered +
                            "5_000_000 1 idle sched_switch next=vcpu\n"
                            "5_010_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(flags(chains[0]), " no_root");
  EXPECT_EQ(stages(chains[0]), "vcpu_entry 10000 ") << "no wake_delay of 0";
  EXPECT_EQ(chains[0].path, "unknown>vcpu");
  EXPECT_EQ(chains[0].blocked_ns, std::nullopt);
}

TEST(Wakes, ASwitchInThatWasNotSeenDoesNotHideTheWake) {
  // Woken from a complete sleep, then seen going to sleep again: it ran meanwhile.
  const auto chains = wakes(kEntered +
                            "3_000_000 1 idle irq_handler_entry irq=5 name=eth0\n"
                            "3_001_000 1 idle sched_waking task=vcpu\n"
                            "3_002_000 1 idle irq_handler_exit irq=5 name=eth0\n"
                            "lost cpu=1 count=2\n"
                            "4_000_000 1 vcpu sched_switch next=idle state=S\n"
                            "9_000_000 1 idle irq_handler_entry irq=5 name=eth0\n"
                            "9_001_000 1 idle sched_waking task=vcpu\n"
                            "9_002_000 1 idle irq_handler_exit irq=5 name=eth0\n"
                            "9_010_000 1 idle sched_switch next=vcpu\n"
                            "9_020_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 2U);
  EXPECT_EQ(flags(chains[0]), " lossy no_entry reblocked");
  EXPECT_EQ(stages(chains[0]), "irq_entry 1000 ");
  EXPECT_EQ(flags(chains[1]), "");
  EXPECT_EQ(chains[1].blocked_ns, std::nullopt) << "the loss is too near to the switch-out";
}

TEST(Wakes, AnEntryWhoseSwitchInWasNotSeenEndsTheWake) {
  const auto chains = wakes(kEntered +
                            "3_000_000 0 task sched_waking task=vcpu to=1\n"
                            "lost cpu=1 count=1\n"
                            "3_020_000 1 vcpu kvm_entry\n"
                            "9_000_000 1 vcpu sched_switch next=idle state=S\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(flags(chains[0]), " lossy");
  EXPECT_EQ(chains[0].end_ns, 3'020'000U);
}

TEST(Wakes, ALostSwitchOutMakesNoWakeEarly) {
  const auto chains = wakes(kEntered +
                            "3_000_000 0 task sched_waking task=vcpu to=1\n"
                            "3_010_000 1 idle sched_switch next=vcpu\n"
                            "3_020_000 1 vcpu kvm_entry\n"
                            "lost cpu=1 count=1\n"
                            "3_100_000 1 idle cpu_idle\n"
                            "9_000_000 0 task sched_waking task=vcpu to=1\n"
                            "9_010_000 1 idle sched_switch next=vcpu\n"
                            "9_020_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 2U);
  EXPECT_EQ(flags(chains[1]), "");
  EXPECT_EQ(chains[1].blocked_ns, std::nullopt);
}

TEST(Wakes, AThreadInUserSpaceIsNotAVcpuThatSleeps) {
  EXPECT_TRUE(wakes("2_000_000 1 vcpu sched_switch next=idle state=S outside\n"
                    "3_000_000 0 task sched_waking task=vcpu to=1 outside\n"
                    "3_010_000 1 idle sched_switch next=vcpu\n"
                    "3_020_000 1 vcpu kvm_entry\n")
                  .empty());
}

TEST(Wakes, AVcpuThatExitsLeavesItsWakeBehind) {
  const auto chains = wakes(kEntered +
                            "3_000_000 0 task sched_waking task=vcpu to=1\n"
                            "3_010_000 1 idle sched_switch next=vcpu\n"
                            "3_020_000 1 vcpu kvm_userspace_exit reason=10\n"
                            "3_030_000 1 vcpu sched_process_exit\n"
                            "3_040_000 1 vcpu sched_switch next=idle state=X outside\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(flags(chains[0]), " no_entry");
}

TEST(Wakes, WhereKvmEntryDoesNotFireTheGuestsLifeIsNoPartOfTheWake) {
  std::string text = kAsleep +
                     "3_000_000 0 task sched_waking task=vcpu to=1\n"
                     "3_010_000 1 idle sched_switch next=vcpu\n";
  for (int i = 0; i < 1'000; ++i) {
    const auto t = [&](int after) { return std::to_string(4'000'000 + i * 100'000 + after); };
    text += t(0) + " 1 vcpu kvm_userspace_exit reason=2\n" + t(10'000) +
            " 1 vcpu sched_switch next=task preempt\n" + t(20'000) +
            " 1 task sched_migrate_task task=vcpu to=2\n" + t(50'000) +
            " 2 idle sched_switch next=vcpu\n" + t(60'000) +
            " 2 vcpu sched_migrate_task task=vcpu to=1\n";
  }
  text += "200_000_000 2 vcpu sched_switch next=idle state=S\n";
  const auto chains = wakes(text);
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(flags(chains[0]), " no_entry");
  EXPECT_EQ(chains[0].ran_ns, 196'990'000U);
  EXPECT_LT(chains[0].marks.size(), 200U) << "a long run does not fill the memory";
  EXPECT_EQ(chains[0].ends_at, EndsAt::sched_in);
}

TEST(Wakes, ALongRunIsHandedOnBeforeItEnds) {
  for (const std::string entry : {"3_020_000 1 vcpu kvm_entry\n", ""}) {
    const Recording recording = run(kHost + "poll 50_000_000\n" + kAsleep +
                                    "3_000_000 0 task sched_waking task=vcpu to=1\n"
                                    "3_010_000 1 idle sched_switch next=vcpu\n" +
                                    entry +
                                    "600_000_000 0 idle cpu_idle\n"
                                    "lost cpu=0 count=1\n"
                                    "700_000_000 0 idle cpu_idle\n");
    EXPECT_EQ(recording.order, (std::vector<std::string>{"header", "wake", "loss", "summary"}))
        << "the wake is told while the vCPU still runs";
    EXPECT_EQ(recording.wakes.at(0).ran_ns, std::nullopt);
  }
}

TEST(Wakes, GuestLatenessIsExactAndKnownWithoutKvmEntryToo) {
  for (const std::string entry : {"3_020_000 1 vcpu kvm_entry\n", ""}) {
    const auto chains = wakes(kAsleep +
                              "3_000_000 0 task sched_waking task=vcpu to=1\n"
                              "3_010_000 1 idle sched_switch next=vcpu\n" +
                              entry +
                              "report 3_050_000 vcpu deadline=1000 now=777\n"
                              "3_100_000 1 vcpu sched_switch next=idle state=S\n");
    ASSERT_EQ(chains.size(), 1U);
    EXPECT_EQ(chains[0].guest_lateness_ns, -223) << "early by the guest's own clock";
  }
}

TEST(Wakes, TheFirstReportAfterAWakeIsOfThatWake) {
  const auto chains = wakes(kAsleep +
                            "3_000_000 0 task sched_waking task=vcpu to=1\n"
                            "3_010_000 1 idle sched_switch next=vcpu\n"
                            "3_020_000 1 vcpu kvm_entry\n"
                            "report 3_050_000 vcpu now=777 woke=3_020_500\n"
                            "report 3_070_000 vcpu deadline=900 now=950 woke=3_060_500\n"
                            "3_100_000 1 vcpu sched_switch next=idle state=S\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(chains[0].guest_woke_ns, 3'020'500U);
  EXPECT_EQ(chains[0].guest_lateness_ns, std::nullopt) << "the second came from a guest that ran";
}

TEST(Wakes, ASoftirqRestsOnAllThatCouldHaveRaisedItBefore) {
  // The first raise is lost; the second is not what made the softirq wait.
  const auto chains = wakes("host kernel=6.1.0 arch=aarch64 cpus=4\n" + kEntered +
                            "3_000_000 0 idle softirq_entry vector=NET_RX\n"
                            "3_001_000 0 idle softirq_exit vector=NET_RX\n"
                            "4_000_000 0 idle irq_handler_entry irq=57 name=eth0\n"
                            "lost cpu=0 count=1\n"
                            "4_002_000 0 idle irq_handler_exit irq=57 name=eth0\n"
                            "9_000_000 0 idle irq_handler_entry irq=58 name=eth1\n"
                            "9_001_000 0 idle softirq_raise vector=NET_RX\n"
                            "9_002_000 0 idle irq_handler_exit irq=58 name=eth1\n"
                            "9_005_000 0 idle softirq_entry vector=NET_RX\n"
                            "9_010_000 0 idle sched_waking task=vcpu to=1\n"
                            "9_012_000 0 idle softirq_exit vector=NET_RX\n"
                            "9_020_000 1 idle sched_switch next=vcpu\n"
                            "9_030_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(flags(chains[0]), " lossy");
}

TEST(Wakes, AnInterruptThatWasNotSeenIsNotTheTasksDoing) {
  const auto chains = wakes(kEntered +
                            "3_000_000 0 task sched_waking task=vcpu to=1 context=hardirq\n"
                            "3_010_000 1 idle sched_switch next=vcpu\n"
                            "3_020_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(flags(chains[0]), " no_root");
  EXPECT_EQ(chains[0].root.kind, RootKind::unknown);
}

TEST(Wakes, AnInterruptOverASoftirqBelongsToItself) {
  const auto chains = wakes(kEntered +
                            "3_000_000 0 idle irq_handler_entry irq=57 name=eth0\n"
                            "3_001_000 0 idle softirq_raise vector=NET_RX\n"
                            "3_002_000 0 idle irq_handler_exit irq=57 name=eth0\n"
                            "3_003_000 0 idle softirq_entry vector=NET_RX\n"
                            "3_004_000 0 idle irq_handler_entry irq=13 name=arch_timer\n"
                            "3_005_000 0 idle hrtimer_expire_entry function=f expiry=2_999_000\n"
                            "3_006_000 0 idle sched_waking task=vcpu to=1\n"
                            "3_007_000 0 idle hrtimer_expire_exit function=f\n"
                            "3_008_000 0 idle irq_handler_exit irq=13 name=arch_timer\n"
                            "3_010_000 0 idle softirq_exit vector=NET_RX\n"
                            "3_020_000 1 idle sched_switch next=vcpu\n"
                            "3_030_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(chains[0].path, "timer(f)>vcpu");
  EXPECT_EQ(chains[0].begin_ns, 2'999'000U);
}

TEST(Wakes, ExpiryOfAnyClockBaseIsMonotonic) {
  const auto chains =
      wakes(kEntered +
            "3_000_000 0 idle irq_handler_entry irq=13 name=arch_timer\n"
            "3_001_000 0 idle hrtimer_expire_entry function=f expiry=1_700_002_990_000 "
            "offset=1_700_000_000_000\n"
            "3_002_000 0 idle sched_waking task=vcpu to=1\n"
            "3_003_000 0 idle irq_handler_exit irq=13 name=arch_timer\n"
            "3_010_000 1 idle sched_switch next=vcpu\n"
            "3_020_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(chains[0].root.expiry_ns, 2'990'000U);
  EXPECT_EQ(
      stages(chains[0]),
      "timer_latency 10000 irq_entry 1000 timer_callback 1000 wake_delay 8000 vcpu_entry 10000 ");
}

TEST(Wakes, ATimerThatIsEarlyByItsClockBeginsWithItsCallback) {
  const auto chains = wakes(kEntered +
                            "3_000_000 0 idle irq_handler_entry irq=13 name=arch_timer\n"
                            "3_001_000 0 idle hrtimer_expire_entry function=f expiry=3_500_000\n"
                            "3_002_000 0 idle sched_waking task=vcpu to=1\n"
                            "3_003_000 0 idle irq_handler_exit irq=13 name=arch_timer\n"
                            "3_010_000 1 idle sched_switch next=vcpu\n"
                            "3_020_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(chains[0].begin_ns, 3'001'000U);
}

TEST(Wakes, FollowingBackStopsAtEightHops) {
  std::string text = "thread t0 400 t0\n" + kEntered +
                     "3_000_000 0 idle irq_handler_entry irq=57 name=eth0\n"
                     "3_001_000 0 idle sched_waking task=t0\n"
                     "3_002_000 0 idle irq_handler_exit irq=57 name=eth0\n"
                     "3_003_000 0 idle sched_switch next=t0\n";
  for (int i = 1; i <= 9; ++i) {
    const std::string t = std::to_string(3'000'000 + i * 10'000);
    const std::string u = std::to_string(3'000'000 + i * 10'000 + 5'000);
    const std::string prev = "t" + std::to_string(i - 1);
    const std::string next = "t" + std::to_string(i);
    text += "thread " + next + " " + std::to_string(400 + i) + " " + next + "\n";
    text += t + " 0 " + prev + " sched_waking task=" + next + "\n" + u + " 0 " + prev +
            " sched_switch next=" + next + " state=S\n";
  }
  text +=
      "3_200_000 0 t9 sched_waking task=vcpu to=1\n"
      "3_210_000 1 idle sched_switch next=vcpu\n"
      "3_220_000 1 vcpu kvm_entry\n";
  const auto chains = wakes(text);
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(flags(chains[0]), " no_root");
  EXPECT_LE(chains[0].hops.size(), 9U);
}

TEST(Wakes, WhatAnInterruptDoesAfterATimersCallbackIsNotTheTimers) {
  const auto chains =
      wakes(kEntered +
            "3_000_000 0 idle irq_handler_entry irq=13 name=arch_timer\n"
            "3_001_000 0 idle hrtimer_expire_entry function=f timer=t expiry=2_990_000\n"
            "3_002_000 0 idle hrtimer_expire_exit function=f timer=t\n"
            "3_003_000 0 idle sched_waking task=vcpu to=1\n"
            "3_004_000 0 idle irq_handler_exit irq=13 name=arch_timer\n"
            "3_010_000 1 idle sched_switch next=vcpu\n"
            "3_020_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(chains[0].path, "irq(arch_timer)>vcpu");
  EXPECT_EQ(chains[0].begin_ns, 3'000'000U);
}

TEST(Wakes, TwoWakesOfWhichHalfIsMissingAreTwo) {
  const auto chains = wakes(kEntered +
                            "3_000_000 0 task sched_waking task=vcpu to=1\n"
                            "lost cpu=1 count=1\n"
                            "4_000_000 1 vcpu sched_switch next=idle state=S\n"
                            "lost cpu=1 count=1\n"
                            "9_000_000 1 idle sched_switch next=vcpu\n"
                            "9_010_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 2U);
  EXPECT_EQ(flags(chains[0]), " lossy no_entry reblocked");
  EXPECT_EQ(flags(chains[1]), " lossy no_root");
  EXPECT_EQ(chains[1].begin_ns, 9'000'000U);
}

TEST(Wakes, AWakingMayHaveBeenLostAnywhereInTheSleep) {
  const auto chains = wakes(kEntered +
                            "3_000_000 0 idle cpu_idle\n"
                            "lost cpu=0 count=1\n"
                            "4_000_000 0 idle cpu_idle\n"
                            "9_000_000 1 idle sched_switch next=vcpu\n"
                            "9_010_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(flags(chains[0]), " lossy no_root");
}

TEST(Wakes, AnInterruptWhoseExitWasLostDoesNotLiveOn) {
  const auto chains = wakes(kEntered +
                            "3_000_000 0 idle irq_handler_entry irq=57 name=eth0\n"
                            "lost cpu=0 count=1\n"
                            "3_500_000 0 idle cpu_idle\n"
                            "20_000_000 0 idle sched_waking task=vcpu to=1 context=hardirq\n"
                            "20_010_000 1 idle sched_switch next=vcpu\n"
                            "20_020_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(chains[0].path, "unknown>vcpu");
  EXPECT_EQ(chains[0].begin_ns, 20'000'000U);
}

TEST(Wakes, ASoftTimerThatExpiresAfterTheRaiseHasNoStagesBeforeIt) {
  const auto chains = wakes(kEntered +
                            "3_000_000 0 idle irq_handler_entry irq=13 name=arch_timer\n"
                            "3_001_000 0 idle softirq_raise vector=HRTIMER\n"
                            "3_002_000 0 idle irq_handler_exit irq=13 name=arch_timer\n"
                            "3_009_000 0 idle softirq_entry vector=HRTIMER\n"
                            "3_010_000 0 idle hrtimer_expire_entry function=g expiry=3_004_000\n"
                            "3_012_000 0 idle sched_waking task=vcpu to=1\n"
                            "3_013_000 0 idle hrtimer_expire_exit function=g\n"
                            "3_014_000 0 idle softirq_exit vector=HRTIMER\n"
                            "3_020_000 1 idle sched_switch next=vcpu\n"
                            "3_030_000 1 vcpu kvm_entry\n");
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(chains[0].begin_ns, 3'004'000U);
  EXPECT_EQ(
      stages(chains[0]),
      "timer_latency 5000 softirq_run 1000 timer_callback 2000 wake_delay 8000 vcpu_entry 10000 ");
}

}  // namespace wakepath::testing
