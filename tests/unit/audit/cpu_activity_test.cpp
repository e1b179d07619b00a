// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "audit/audit.hpp"
#include "audit/cpu_activity.hpp"
#include "support/recording_sink.hpp"
#include "support/scenario.hpp"

namespace wakepath::testing {

namespace {

using audit::Observed;
using audit::Ran;

Observed observe(const std::string& text) {
  const auto scenario = Scenario::parse(text);
  EXPECT_TRUE(scenario) << scenario.error().message;
  Recording kept;
  RecordingSink sink(kept);
  audit::CpuActivity activity;
  Pipeline pipeline({}, sink, &activity);
  EXPECT_TRUE(replay(scenario->records(), pipeline));
  const auto summary = pipeline.finish();
  EXPECT_TRUE(summary);
  return activity.observed(summary.value());
}

Ran of(const Observed& observed, std::uint32_t cpu, std::string_view name) {
  const auto seen = std::ranges::find(observed.cpus, cpu, &audit::CpuSeen::cpu);
  if (seen == observed.cpus.end()) {
    return {};
  }
  const auto found = std::ranges::find(seen->ran, name, &Ran::name);
  return found == seen->ran.end() ? Ran{} : *found;
}

const std::string kOneHost = R"(
host kernel=6.1.0 arch=aarch64 cpus=2 hz=62500000
event kvm_entry
vm 95 tgid=94 name=guest
thread vcpu 96 "CPU 0/KVM" vm=95 index=0
thread rt 400 cyclic
thread worker 93 kworker/1:2 kthread
thread stopper 17 migration/1 kthread
)";

// A real-time task, an interrupt with its softirq and its work item, each on the vCPU's CPU.
const std::string kBusy = kOneHost + R"(
2_000_000   1  vcpu   sched_switch             next=rt prio=49 state=S
12_003_000  0  idle   irq_handler_entry        irq=13 name=arch_timer
12_009_000  0  idle   hrtimer_expire_entry     function=kvm_bg_timer_expire expiry=12_001_000
12_011_000  0  idle   sched_waking             task=vcpu to=1
12_013_000  0  idle   hrtimer_expire_exit      function=kvm_bg_timer_expire
12_014_000  0  idle   irq_handler_exit         irq=13 name=arch_timer
12_100_000  1  rt     irq_handler_entry        irq=57 name=virtio2-input.0
12_103_000  1  rt     workqueue_queue_work     function=poll_queue
12_105_000  1  rt     softirq_raise            vector=NET_RX
12_106_000  1  rt     irq_handler_exit         irq=57 name=virtio2-input.0
12_107_000  1  rt     softirq_entry            vector=NET_RX
12_127_000  1  rt     softirq_exit             vector=NET_RX
12_150_000  1  rt     sched_switch             next=worker state=R
12_152_000  1  worker workqueue_execute_start  function=poll_queue
12_159_000  1  worker workqueue_execute_end    function=poll_queue
12_160_000  1  worker sched_switch             next=stopper state=I
12_161_000  1  stopper sched_switch            next=vcpu state=S
12_165_000  1  vcpu   kvm_vcpu_wakeup          wait=10_200_000
12_167_000  1  vcpu   kvm_entry
13_000_000  1  vcpu   sched_switch             next=idle state=S
)";

TEST(CpuActivity, CountsEachMomentToTheInnermost) {
  const Observed seen = observe(kBusy);
  const Ran rt = of(seen, 1, "cyclic");
  EXPECT_EQ(rt.kind, Ran::Kind::task);
  EXPECT_EQ(rt.count, 1U);
  EXPECT_EQ(rt.ns, 12'150'000U - 2'000'000U - 6'000U - 20'000U);
  EXPECT_EQ(rt.longest_ns, rt.ns);
  const Ran irq = of(seen, 1, "virtio2-input.0");
  EXPECT_EQ(irq.number, 57U);
  EXPECT_EQ(irq.count, 1U);
  EXPECT_EQ(irq.ns, 6'000U);
  const Ran softirq = of(seen, 1, "NET_RX");
  EXPECT_EQ(softirq.ns, 20'000U);
  EXPECT_EQ(softirq.by_irq, 57U);
  const Ran timer = of(seen, 0, "kvm_bg_timer_expire");
  EXPECT_EQ(timer.kind, Ran::Kind::timer);
  EXPECT_EQ(timer.ns, 4'000U);
  EXPECT_EQ(of(seen, 0, "arch_timer").ns, 7'000U);
}

TEST(CpuActivity, TellsWorkFromItsKworkerAndWhoAskedForIt) {
  const Observed seen = observe(kBusy);
  const Ran work = of(seen, 1, "poll_queue");
  EXPECT_EQ(work.kind, Ran::Kind::work);
  EXPECT_EQ(work.ns, 7'000U);
  EXPECT_EQ(work.worker, "kworker/1:2");
  EXPECT_EQ(work.by_irq, 57U);
  EXPECT_EQ(work.by_cpu, 1U);
  EXPECT_EQ(of(seen, 1, "kworker/1:2").ns, 3'000U);
}

TEST(CpuActivity, SumsWhatEachTookFromWakes) {
  const Observed seen = observe(kBusy);
  EXPECT_EQ(seen.totals.wakes, 1U);
  const Ran rt = of(seen, 1, "cyclic");
  EXPECT_EQ(rt.delayed_wakes, 1U);
  EXPECT_EQ(rt.delay_ns, 12'150'000U - 12'011'000U - 26'000U);
  EXPECT_EQ(of(seen, 1, "virtio2-input.0").delay_ns, 6'000U);
  EXPECT_EQ(of(seen, 1, "NET_RX").delay_ns, 20'000U);
  // The kworker's switches are its work's.
  EXPECT_EQ(of(seen, 1, "poll_queue").delay_ns, 10'000U);
  EXPECT_EQ(of(seen, 0, "kvm_bg_timer_expire").delayed_wakes, 0U);
}

// By CPU and name, what the looks together had.
struct Sums {
  std::map<std::pair<std::uint32_t, std::string>, Ran> ran;
  std::uint64_t wakes{0}, duration_ns{0};

  void add(const Observed& seen) {
    wakes += seen.totals.wakes;
    duration_ns += seen.totals.duration_ns;
    for (const audit::CpuSeen& cpu : seen.cpus) {
      for (const Ran& one : cpu.ran) {
        Ran& sum = ran[{cpu.cpu, one.name}];
        sum.count += one.count;
        sum.ns += one.ns;
        sum.longest_ns = std::max(sum.longest_ns, one.longest_ns);
        sum.delay_ns += one.delay_ns;
      }
    }
  }
};

TEST(CpuActivity, LooksTogetherHaveAllThatRan) {
  const auto scenario = Scenario::parse(kBusy + "tick 12_112_000\ntick 12_153_000\n");
  ASSERT_TRUE(scenario) << scenario.error().message;
  Recording kept;
  RecordingSink sink(kept);
  audit::CpuActivity activity;
  Pipeline pipeline({}, sink, &activity);
  Sums lately;
  Observed so_far;
  const auto look = [&] {
    const audit::CpuActivity::Look seen = activity.look();
    lately.add(seen.lately);
    so_far = seen.so_far;
  };
  std::size_t looks = 0;
  for (const RecordBytes& record : scenario->records()) {
    ASSERT_TRUE(replay({record}, pipeline));
    // Nothing can be looked at before the header is known.
    if (++looks > 3) {
      look();
    }
  }
  const auto summary = pipeline.finish();
  ASSERT_TRUE(summary);
  look();
  const Observed whole = activity.observed(*summary);
  EXPECT_EQ(lately.wakes, 1U);
  EXPECT_EQ(so_far.totals.wakes, 1U);
  EXPECT_EQ(lately.duration_ns, so_far.totals.duration_ns);
  const Observed alone = observe(kBusy);
  for (const audit::CpuSeen& cpu : alone.cpus) {
    for (const Ran& one : cpu.ran) {
      const Ran mine = lately.ran[{cpu.cpu, one.name}];
      EXPECT_EQ(mine.count, one.count) << one.name;
      EXPECT_EQ(mine.longest_ns, one.longest_ns) << one.name;
      EXPECT_EQ(of(so_far, cpu.cpu, one.name).ns, one.ns) << one.name;
      EXPECT_EQ(of(whole, cpu.cpu, one.name).ns, one.ns) << one.name;
      EXPECT_EQ(of(whole, cpu.cpu, one.name).delay_ns, one.delay_ns) << one.name;
      EXPECT_EQ(mine.ns, one.ns) << one.name;
    }
  }
}

// A task that has the CPU all the time is seen by each look.
TEST(CpuActivity, ALookSeesWhatGoesOnAndNothingElse) {
  const auto scenario = Scenario::parse(kOneHost + R"(
2_000_000   1  vcpu   sched_switch  next=rt prio=49 state=S
5_000_000   0  idle   irq_handler_entry  irq=13 name=arch_timer
5_009_000   0  idle   irq_handler_exit   irq=13 name=arch_timer
tick 50_000_000
60_000_000  0  idle   irq_handler_entry  irq=13 name=arch_timer
60_009_000  0  idle   irq_handler_exit   irq=13 name=arch_timer
tick 100_000_000
110_000_000 0  idle   irq_handler_entry  irq=13 name=arch_timer
110_009_000 0  idle   irq_handler_exit   irq=13 name=arch_timer
)");
  ASSERT_TRUE(scenario) << scenario.error().message;
  Recording kept;
  RecordingSink sink(kept);
  audit::CpuActivity activity;
  Pipeline pipeline({}, sink, &activity);
  ASSERT_TRUE(replay(scenario->records(), pipeline));
  static_cast<void>(activity.look());
  ASSERT_TRUE(pipeline.finish());
  const audit::CpuActivity::Look last = activity.look();
  const Ran lately = of(last.lately, 1, "cyclic");
  const Ran so_far = of(last.so_far, 1, "cyclic");
  EXPECT_EQ(lately.count, 0U);
  EXPECT_EQ(so_far.count, 1U);
  EXPECT_GT(lately.ns, 0U);
  EXPECT_LT(lately.ns, so_far.ns);
  EXPECT_EQ(lately.longest_ns, so_far.longest_ns);  // its run began before
  EXPECT_EQ(so_far.ns, 110'009'000U - 2'000'000U);
  const audit::CpuActivity::Look nothing = activity.look();
  EXPECT_EQ(nothing.lately.totals.duration_ns, 0U);
  EXPECT_EQ(of(nothing.lately, 0, "arch_timer").count, 0U);
  EXPECT_EQ(of(nothing.so_far, 0, "arch_timer").count, 3U);
}

TEST(CpuActivity, SaysOnWhichCpusAVcpuRan) {
  const Observed seen = observe(kBusy);
  ASSERT_EQ(seen.vcpus.size(), 1U);
  EXPECT_EQ(seen.vcpus[0].who.vm, "guest");
  EXPECT_EQ(seen.vcpus[0].cpus, std::vector<std::uint32_t>{1});
}

TEST(CpuActivity, LeavesOutWhatALossMayHideAndSaysSo) {
  const std::string before = kOneHost + R"(
2_000_000   1  vcpu   sched_switch  next=rt prio=49 state=S
tick 3_000_000
)";
  const std::string after = R"(
30_000_000  1  rt     sched_switch  next=idle state=S
30_100_000  1  idle   sched_switch  next=rt state=S
30_200_000  1  rt     sched_switch  next=idle state=S
)";
  EXPECT_EQ(of(observe(before + after), 1, "cyclic").ns, 28'100'000U);
  const Observed lossy = observe(before + "lost cpu=1 count=3\n" + after);
  EXPECT_EQ(lossy.totals.lost, 3U);
  EXPECT_EQ(of(lossy, 1, "cyclic").ns, 100'000U);
  EXPECT_GE(lossy.cpus.at(0).unknown_ns, 28'000'000U);
}

// The frame of an interrupt whose exit is missing does not take all that follows.
TEST(CpuActivity, AWakingInTaskContextEndsAFrameThatCantBe) {
  const Observed seen = observe(kOneHost + R"(
2_000_000   1  vcpu   sched_switch        next=rt prio=49 state=S
2_100_000   1  rt     irq_handler_entry   irq=57 name=virtio2-input.0
2_200_000   1  rt     sched_waking        task=worker context=task
3_200_000   1  rt     sched_switch        next=idle state=S
)");
  EXPECT_EQ(of(seen, 1, "virtio2-input.0").ns, 100'000U);
  EXPECT_EQ(of(seen, 1, "cyclic").ns, 1'100'000U);
}

audit::AuditReport judge(const Observed& observed, std::uint32_t isolated) {
  audit::AuditInput input;
  input.observed = &observed;
  input.isolated.add(isolated);
  return audit::audit(input);
}

TEST(ObservedRules, FindWhatRanOnAnIsolatedCpu) {
  const Observed seen = observe(kBusy);
  const auto report = judge(seen, 1);
  std::vector<std::string> grave;
  std::vector<std::string> others;
  for (const Finding& finding : report.findings) {
    auto& to = finding.severity == Severity::info ? others : grave;
    to.push_back(finding.rule + " " + std::get<std::string>(finding.evidence.at(0).second));
    EXPECT_EQ(finding.subject.cpus, "1");
    EXPECT_EQ(finding.subject.vm, "guest");
  }
  EXPECT_EQ(grave, (std::vector<std::string>{"ran_irq virtio2-input.0", "ran_task cyclic"}));
  // These go away with the interrupt that asks for them; the CPU's own thread is none.
  EXPECT_EQ(others, (std::vector<std::string>{"ran_softirq NET_RX", "ran_work poll_queue"}));
  EXPECT_EQ(report.findings[0].severity, Severity::error);
  EXPECT_EQ(report.findings[0].fixes.at(0).command, "echo 0 >/proc/irq/57/smp_affinity_list");
  EXPECT_EQ(report.findings[1].fixes.at(0).command, "taskset -cp 0 400");
  for (const std::string& rule : report.checked) {
    EXPECT_TRUE(rule.starts_with("ran_")) << rule;
  }
  EXPECT_FALSE(report.not_checked.empty());
}

TEST(ObservedRules, WhereNobodyIsolatedOnlyWhatDelaysIsFound) {
  const Observed seen = observe(kBusy);
  audit::AuditInput input;
  input.observed = &seen;
  const auto report = audit::audit(input);
  EXPECT_EQ(report.vcpu_cpus.value().text(), "1");
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings[0].severity, Severity::warning);
  const Observed idle = observe(kOneHost + R"(
2_000_000   1  vcpu   sched_switch  next=rt prio=49 state=S
3_000_000   1  rt     sched_switch  next=idle state=S
)");
  EXPECT_TRUE(audit::audit({.observed = &idle}).findings.empty());
}

}  // namespace

}  // namespace wakepath::testing
