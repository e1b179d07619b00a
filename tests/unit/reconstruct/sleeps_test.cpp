// SPDX-License-Identifier: GPL-2.0-or-later
// A vCPU's thread that sleeps before it is back in its guest: whose time that was.
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "findings/diagnosis.hpp"
#include "support/recording_sink.hpp"

namespace wakepath::testing {

namespace {

const std::string kOneCpuOfTwo = R"(
host kernel=6.1.0 arch=aarch64 cpus=2 hz=62500000
clock counter=1_000_000 at=16_000_000
event sched_switch
event sched_waking
event cpu_idle
event kvm_entry
event kvm_userspace_exit
vm 95 tgid=95 name=guest
thread vcpu 96 "CPU 0/KVM" vm=95 index=0
thread rtjob 300 rtjob
thread plain 301 plain
thread sh 302 sh
1_000_000 1 vcpu kvm_entry
)";

// Woken at 12.002 ms, and on its CPU at 12.010 ms.
std::string woken(int prio) {
  const std::string priority = " prio=" + std::to_string(prio) + "\n";
  return "2_000_000 1 vcpu sched_switch next=idle state=S\n"
         "2_001_000 1 idle cpu_idle\n"
         "12_001_000 1 idle irq_handler_entry irq=5 name=eth0\n"
         "12_002_000 1 idle sched_waking task=vcpu" +
         priority + "12_003_000 1 idle sched_wakeup task=vcpu" + priority +
         "12_004_000 1 idle irq_handler_exit irq=5 name=eth0\n"
         "12_005_000 1 idle cpu_idle state=exit\n"
         "12_010_000 1 idle sched_switch next=vcpu" +
         priority;
}

const std::string kPreemptedOnce =
    "12_020_000 1 vcpu sched_switch next=rtjob prio=10 preempt\n"
    "12_120_000 1 rtjob sched_switch next=vcpu state=S prio=";

WakeChain wake(const std::string& text) {
  Recording recording = run(kOneCpuOfTwo + text);
  EXPECT_EQ(recording.wakes.size(), 1U);
  EXPECT_EQ(broken_rule(recording.wakes.at(0)), "");
  return std::move(recording.wakes.at(0));
}

// Of the last stage: "task plain 4800us (asleep 4800us), self 12us".
std::string blamed(const std::vector<Stage>& stages) {
  std::string text;
  for (const Blame& blame : stages.back().blame) {
    text += (text.empty() ? "" : ", ") + std::string(name_of(blame.kind));
    text += (blame.what.empty() ? "" : " ") + blame.what;
    text += " " + std::to_string(blame.ns / 1000) + "us";
    if (blame.asleep_ns != 0) {
      text += " (asleep " + std::to_string(blame.asleep_ns / 1000) + "us)";
    }
  }
  return text;
}

std::string waits(const WakeChain& chain) {
  std::string text;
  for (const Mark& mark : chain.marks) {
    text += mark.kind == MarkKind::preempted ? "[" + mark.name + "]" : "";
  }
  return text;
}

// The cause that took most of it.
findings::Cause cause(const WakeChain& chain) {
  const findings::Diagnosis found = findings::diagnose(chain, {});
  EXPECT_EQ(
      std::accumulate(found.causes.begin(), found.causes.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const findings::Cause& one) { return sum + one.ns; }),
      chain.total_ns());
  return found.causes.at(0);
}

// It leaves its CPU at 12.020 ms, and is woken and back 40 ms later.
std::string off_its_cpu(const std::string& how, bool waking) {
  return woken(120) + "12_015_000 1 vcpu kvm_userspace_exit reason=10\n" +
         "12_020_000 1 vcpu sched_switch next=idle outside " + how +
         "\n"
         "12_021_000 1 idle cpu_idle\n" +
         (waking ? "52_000_000 0 sh sched_waking task=vcpu to=1 outside\n" : "") +
         "52_003_000 1 idle cpu_idle state=exit\n"
         "52_005_000 1 idle sched_switch next=vcpu\n"
         "52_010_000 1 vcpu kvm_entry\n";
}

constexpr const char* kLimit =
    "self 15us, idle_exit idle state 1 2us, limit CPU bandwidth limit 39983us";

}  // namespace

// As ftrace has it since 6.1.
TEST(Sleeps, AFrozenThreadThatIsCalledRunnableIsHeldByNoLimit) {
  const WakeChain chain = wake(off_its_cpu("state=R", true));
  EXPECT_EQ(blamed(chain.stages),
            "self 15us, unexplained asleep 39980us (asleep 39980us), "
            "idle_exit idle state 1 5us");
  EXPECT_EQ(waits(chain), "[waits]");
  EXPECT_EQ(cause(chain).rule->name, "asleep");
}

TEST(Sleeps, ThatTheFreezerHeldItItsStateTells) {
  const WakeChain chain = wake(off_its_cpu("state=F", true));
  EXPECT_EQ(blamed(chain.stages), "self 15us, limit freezer 39980us, idle_exit idle state 1 5us");
  EXPECT_EQ(cause(chain).rule->name, "frozen");
}

TEST(Sleeps, AThreadThatNothingWakesWasHeldByALimit) {
  const WakeChain chain = wake(off_its_cpu("state=R", false));
  EXPECT_EQ(blamed(chain.stages), kLimit);
  EXPECT_EQ(waits(chain), "[]");
  EXPECT_EQ(cause(chain).rule->name, "held_by_limit");
}

TEST(Sleeps, APreemptedThreadWasHeldByALimitAlsoIfItIsWoken) {
  const WakeChain chain = wake(off_its_cpu("state=R preempt", true));
  EXPECT_EQ(blamed(chain.stages), kLimit);
}

// do_freezer_trap() of cgroup v2 sleeps like a thread that has nothing to do.
TEST(Sleeps, AnInterruptibleSleepEndsTheWakeWithoutEntry) {
  const WakeChain chain = wake(off_its_cpu("state=S", true));
  EXPECT_EQ(chain.end_ns, 12'010'000U);
  EXPECT_EQ(chain.ends_at, EndsAt::sched_in);
  EXPECT_TRUE(chain.flags.has(Flag::reblocked));
}

TEST(Sleeps, ARealTimeVcpuThatSleepsIsNotThrottled) {
  const WakeChain chain = wake(woken(49) + kPreemptedOnce +
                               "49\n"
                               "12_220_000 1 vcpu sched_switch next=plain state=D prio=120\n"
                               "17_020_000 1 plain sched_waking task=vcpu prio=49\n"
                               "17_030_000 1 plain sched_switch next=vcpu preempt prio=49\n"
                               "17_040_000 1 vcpu kvm_entry\n");
  EXPECT_EQ(blamed(chain.stages),
            "self 120us, task rtjob 100us, task plain 4810us (asleep 4800us)");
  const findings::Cause found = cause(chain);
  EXPECT_EQ(found.rule->name, "asleep");
  EXPECT_EQ(found.ns, 4'800'000U) << "10 us of it could run";
  EXPECT_EQ(found.finding.subject.tid, std::nullopt) << "nothing says that it was this one";
  EXPECT_EQ(found.finding.text,
            "CPU 0/KVM slept on its way while plain (tid 301, nice 0) had CPU 1; whether it waited "
            "for that is not known");
}

TEST(Sleeps, APlainVcpuThatSleepsDidNotLoseItsCpu) {
  const WakeChain chain = wake(woken(120) + kPreemptedOnce +
                               "120\n"
                               "12_220_000 1 vcpu sched_switch next=plain state=D prio=120\n"
                               "17_020_000 1 plain sched_waking task=vcpu\n"
                               "17_025_000 1 plain sched_switch next=vcpu preempt\n"
                               "17_040_000 1 vcpu kvm_entry\n");
  EXPECT_EQ(blamed(chain.stages),
            "self 125us, task rtjob 100us, task plain 4805us (asleep 4800us)");
  EXPECT_EQ(cause(chain).rule->name, "asleep");
}

// The CPU has yet to hear that the thread is awake.
TEST(Sleeps, TheExitFromIdleAfterASleepIsNoLimit) {
  const WakeChain chain = wake(woken(120) + kPreemptedOnce +
                               "120\n"
                               "12_220_000 1 vcpu sched_switch next=idle state=D\n"
                               "12_222_000 1 idle cpu_idle\n"
                               "17_000_000 0 sh sched_waking task=vcpu to=1\n"
                               "17_206_000 1 idle cpu_idle state=exit\n"
                               "17_209_000 1 idle sched_switch next=vcpu\n"
                               "17_215_000 1 vcpu kvm_entry\n");
  EXPECT_EQ(blamed(chain.stages),
            "self 116us, task rtjob 100us, unexplained asleep 4780us (asleep 4780us), idle_exit "
            "idle state 1 209us");
}

// Once it has run, its CPU knows of it, whatever was before.
TEST(Sleeps, ALimitAfterASleepIsFound) {
  const WakeChain chain = wake(woken(120) +
                               "12_020_000 1 vcpu sched_switch next=idle state=D\n"
                               "12_022_000 1 idle cpu_idle\n"
                               "13_020_000 0 sh sched_waking task=vcpu to=1\n"
                               "13_026_000 1 idle cpu_idle state=exit\n"
                               "13_030_000 1 idle sched_switch next=vcpu\n"
                               "13_040_000 1 vcpu sched_switch next=idle state=R\n"
                               "13_042_000 1 idle cpu_idle\n"
                               "15_036_000 1 idle cpu_idle state=exit\n"
                               "15_040_000 1 idle sched_switch next=vcpu\n"
                               "15_050_000 1 vcpu kvm_entry\n");
  EXPECT_EQ(blamed(chain.stages),
            "self 30us, unexplained asleep 1000us (asleep 1000us), idle_exit idle state 1 14us, "
            "limit CPU bandwidth limit 1996us");
}

TEST(Sleeps, AnIdleCpuThatItIsMovedToHasYetToHearOfIt) {
  const WakeChain chain = wake(woken(120) +
                               "12_020_000 1 vcpu sched_switch next=plain preempt\n"
                               "12_030_000 0 idle cpu_idle state=2\n"
                               "12_040_000 1 plain sched_migrate_task task=vcpu to=0\n"
                               "12_240_000 0 idle cpu_idle state=exit\n"
                               "12_245_000 0 idle sched_switch next=vcpu\n"
                               "12_250_000 0 vcpu kvm_entry\n");
  EXPECT_EQ(blamed(chain.stages), "self 15us, task plain 20us, idle_exit idle state 2 205us");
}

namespace {

// A guest is busy when its thread goes out to user space and leaves its CPU; its timer is due
// 10 ms later, and 5 s after that it is back.
Delivery delivery(const std::string& state, const std::string& woken_line) {
  Recording recording = run(
      kOneCpuOfTwo +
      "22_000_000 1 vcpu kvm_userspace_exit reason=10\n"
      "22_020_000 1 vcpu sched_switch next=idle outside state=" +
      state +
      "\n"
      "22_025_000 1 idle cpu_idle\n" +
      woken_line +
      "5_000_006_000 1 idle cpu_idle state=exit\n"
      "5_000_020_000 1 idle sched_switch next=vcpu next_outside\n"
      "5_000_500_000 1 vcpu kvm_timer_update_irq irq=27 level=1 cval=1_500_000 voffset=500_000\n"
      "5_000_502_000 1 vcpu kvm_entry\n");
  EXPECT_EQ(recording.deliveries.size(), 1U);
  EXPECT_EQ(broken_rule(recording.deliveries.at(0)), "");
  Delivery& found = recording.deliveries.at(0);
  EXPECT_EQ(found.stages.at(0).kind, StageKind::deschedule);
  found.stages.resize(1);
  return std::move(found);
}

const std::string kWoken = "5_000_000_000 0 sh sched_waking task=vcpu to=1 outside\n";

}  // namespace

TEST(Sleeps, ATimerThatIsDueWhileItsVcpuIsFrozenTellsTheFreezer) {
  EXPECT_EQ(blamed(delivery("F", kWoken).stages),
            "limit freezer 4968000us, idle_exit idle state 1 20us, self 480us");
}

TEST(Sleeps, ATimerThatIsDueInASleepTellsTheSleep) {
  const std::string asleep =
      "unexplained asleep 4968000us (asleep 4968000us), idle_exit idle state 1 20us, self 480us";
  EXPECT_EQ(blamed(delivery("S", kWoken).stages), asleep);
  EXPECT_EQ(blamed(delivery("R", kWoken).stages), asleep) << "frozen, as ftrace has it";
}

TEST(Sleeps, ASleepWhoseWakingIsMissingEndsOnACpu) {
  EXPECT_EQ(blamed(delivery("F", "").stages), "limit freezer 4968020us, self 480us");
}

TEST(Sleeps, ATimerThatIsDueWhileItsVcpuWaitsForItsTurnTellsNoSleep) {
  EXPECT_EQ(blamed(delivery("R", "").stages), "idle_exit idle state 1 4968020us, self 480us");
}

}  // namespace wakepath::testing
