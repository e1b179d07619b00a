// SPDX-License-Identifier: GPL-2.0-or-later
// Each rule's signature, by a chain that has it and nothing else.
#include "findings/diagnosis.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "findings/blame_advice.hpp"

namespace wakepath::findings {
namespace {

struct Signature {
  const char* rule;
  StageKind stage;
  BlameKind kind;
  const char* what;
  std::int32_t prio;  // of a task
  std::uint64_t ns;
  std::uint64_t usual_ns;  // of the stage; 0: not known
  bool user_exit;
};

constexpr std::int32_t kFair = 120;
constexpr std::int32_t kFifo = 49;

constexpr Signature kSignatures[] = {
    {"tracer", StageKind::wake_delay, BlameKind::task, "wakepath", kFair, 5'000, 0, false},
    {"frozen", StageKind::vcpu_entry, BlameKind::limit, "freezer", 0, 400'000, 0, false},
    {"held_by_limit", StageKind::wake_delay, BlameKind::limit, "CPU bandwidth limit", 0, 400'000, 0,
     false},
    {"cpu_idle_while_runnable", StageKind::wake_delay, BlameKind::idle_exit, "idle", 0, 4'000'000,
     0, false},
    {"cpu_idle_while_runnable", StageKind::wake_delay, BlameKind::idle_exit, "idle state 2", 0,
     40'000'000, 0, false},
    {"deep_idle", StageKind::timer_latency, BlameKind::idle_exit, "idle state 2", 0, 400'000, 0,
     false},
    {"deep_idle", StageKind::wake_delay, BlameKind::idle_exit, "idle state 1", 0, 4'000'000, 0,
     false},
    {"idle_exit", StageKind::wake_delay, BlameKind::idle_exit, "idle state 0", 0, 3'000, 0, false},
    {"idle_exit", StageKind::timer_latency, BlameKind::idle_exit, "idle", 0, 3'000'000, 0, false},
    {"doorbell_elsewhere", StageKind::wake_delay, BlameKind::ipi, "in flight", 0, 30'000, 0, false},
    {"ipi_in_flight", StageKind::wake_delay, BlameKind::ipi, "in flight", 0, 30'000, 0, false},
    {"ipi_handler", StageKind::wake_delay, BlameKind::ipi, "call_function", 0, 30'000, 0, false},
    {"tick", StageKind::wake_delay, BlameKind::hardirq, "arch_timer: tick_sched_timer", 0, 9'000, 0,
     false},
    {"timer_callback_first", StageKind::timer_latency, BlameKind::hardirq,
     "arch_timer: hrtimer_wakeup", 0, 9'000, 0, false},
    {"own_interrupt", StageKind::timer_latency, BlameKind::hardirq, "arch_timer", 0, 9'000, 0,
     false},
    {"own_interrupt_long", StageKind::vcpu_entry, BlameKind::hardirq, "kvm guest vtimer", 0,
     900'000, 0, false},
    {"other_interrupt", StageKind::timer_latency, BlameKind::hardirq, "nvme0q3", 0, 9'000, 0,
     false},
    {"softirq", StageKind::wake_delay, BlameKind::softirq, "NET_RX", 0, 900'000, 0, false},
    {"softirq_thread_late", StageKind::softirq_delay, BlameKind::task, "hog", kFair, 900'000, 0,
     false},
    {"irq_held_off", StageKind::timer_latency, BlameKind::task, "hog", kFair, 900'000, 0, false},
    {"work_behind_real_time", StageKind::work_delay, BlameKind::task, "pmd", kFifo, 900'000, 0,
     false},
    {"work_pool_busy", StageKind::work_delay, BlameKind::task, "kworker/1:0", kFair, 900'000, 0,
     false},
    {"work_behind_task", StageKind::work_delay, BlameKind::task, "hog", kFair, 900'000, 0, false},
    {"helper_behind_task", StageKind::task_delay, BlameKind::task, "hog", kFair, 900'000, 0, false},
    {"other_vcpu", StageKind::wake_delay, BlameKind::task, "CPU 3/KVM", kFair, 900'000, 0, false},
    {"behind_real_time", StageKind::wake_delay, BlameKind::task, "pmd", kFifo, 900'000, 0, false},
    {"preempted", StageKind::vcpu_entry, BlameKind::task, "hog", kFair, 900'000, 0, false},
    {"descheduled", StageKind::deschedule, BlameKind::task, "hog", kFair, 900'000, 0, false},
    {"run_queue", StageKind::wake_delay, BlameKind::task, "hog", kFair, 900'000, 0, false},
    {"vmm_in_the_way", StageKind::vcpu_entry, BlameKind::self, "", 0, 900'000, 5'000, true},
    {"vmm_in_the_way", StageKind::vcpu_entry, BlameKind::self, "VMM", 0, 900'000, 900'000, false},
    {"entry_slow", StageKind::vcpu_entry, BlameKind::self, "", 0, 900'000, 5'000, false},
    {"work_long", StageKind::work_run, BlameKind::self, "", 0, 900'000, 5'000, false},
    {"helper_slow", StageKind::task_run, BlameKind::self, "", 0, 900'000, 5'000, false},
    {"own_code", StageKind::vcpu_entry, BlameKind::self, "", 0, 9'000, 5'000, false},
    {"own_code", StageKind::work_run, BlameKind::self, "", 0, 900'000, 0, false},
    {"asleep", StageKind::task_run, BlameKind::unexplained, "asleep", 0, 900'000, 0, false},
    {"not_known", StageKind::wake_delay, BlameKind::unexplained, "", 0, 900'000, 0, false},
};

WakeChain chain_of(const Signature& of) {
  WakeChain chain;
  chain.who = {"web", 95, 2, 96};
  chain.path = "timer(f)>vcpu";
  chain.begin_ns = 1'000;
  chain.end_ns = 1'000 + of.ns;
  Blame blame;
  blame.kind = of.kind;
  blame.what = of.what;
  blame.ns = of.ns;
  if (of.kind == BlameKind::task) {
    blame.tid = 178;
    blame.prio = of.prio;
  }
  if (of.kind == BlameKind::hardirq) {
    Interrupt interrupt;
    interrupt.irq = 57;
    interrupt.action = std::string_view(of.what).substr(0, std::string_view(of.what).find(": "));
    blame.interrupt = std::make_shared<const Interrupt>(interrupt);
  }
  chain.stages = {{of.stage, 1'000, chain.end_ns, 3, "CPU 2/KVM", {}, {blame}}};
  if (std::string_view(of.rule) == "doorbell_elsewhere") {
    chain.root.kind = RootKind::irq;
    chain.root.irq_name = "vcpu";
    chain.root.cpu = 1;
  }
  if (of.user_exit) {
    chain.marks = {{MarkKind::user_exit, 2'000, 3, "MMIO"}};
  }
  return chain;
}

Usual usual_for(const Signature& of) {
  Usual usual;
  if (of.usual_ns != 0) {
    usual.stage_p50_ns[static_cast<std::size_t>(of.stage)] = of.usual_ns;
  }
  return usual;
}

TEST(Diagnosis, KnowsEachCauseByItsSignature) {
  for (const Signature& one : kSignatures) {
    const WakeChain chain = chain_of(one);
    const Diagnosis found = diagnose(chain, usual_for(one));
    ASSERT_EQ(found.causes.size(), 1U) << one.rule;
    EXPECT_EQ(found.causes[0].rule->name, one.rule) << one.what;
    EXPECT_EQ(found.causes[0].ns, one.ns);
    const Finding& finding = found.causes[0].finding;
    EXPECT_FALSE(finding.text.empty());
    EXPECT_EQ(finding.subject.vcpu, 2U);
    for (const Fix& fix : finding.fixes) {
      EXPECT_TRUE(!fix.command.empty() || !fix.note.empty()) << one.rule;
      EXPECT_EQ(fix.command.find('<'), std::string::npos)
          << "it runs as it stands: " << fix.command;
    }
    EXPECT_EQ(std::ranges::count(found.not_it, found.causes[0].rule->about), 0);
    EXPECT_EQ(found.not_it.size() + 1, diagnosis_rules().size());
  }
}

TEST(Diagnosis, HasASignatureForEachRule) {
  std::set<std::string_view> seen;
  for (const Signature& one : kSignatures) {
    seen.insert(one.rule);
  }
  for (const DiagnosisRule& rule : diagnosis_rules()) {
    EXPECT_TRUE(seen.contains(rule.name)) << rule.name;
  }
  EXPECT_EQ(seen.size(), diagnosis_rules().size());
}

// A second culprit is a second cause, and blame that leaves something open is not known.
TEST(Diagnosis, SumsToTheWake) {
  WakeChain chain = chain_of(kSignatures[0]);
  chain.end_ns = 1'000 + 10'000;
  chain.stages[0].end_ns = chain.end_ns;
  Blame hog;
  hog.kind = BlameKind::task;
  hog.what = "hog";
  hog.tid = 7;
  hog.ns = 2'000;
  Blame make = hog;
  make.what = "make";
  make.tid = 8;
  make.ns = 1'000;
  chain.stages[0].blame = {make, hog, make};
  const Diagnosis found = diagnose(chain, {});
  ASSERT_EQ(found.causes.size(), 3U);
  EXPECT_EQ(found.causes[0].rule->name, "not_known");
  EXPECT_EQ(found.causes[0].ns, 6'000U);
  EXPECT_EQ(found.causes[1].ns + found.causes[2].ns, 4'000U);
  EXPECT_EQ(std::accumulate(found.causes.begin(), found.causes.end(), std::uint64_t{0},
                            [](std::uint64_t sum, const Cause& cause) { return sum + cause.ns; }),
            chain.total_ns());
}

TEST(Diagnosis, HasNoLineTwice) {
  WakeChain chain = chain_of(kSignatures[0]);
  Blame own;
  own.kind = BlameKind::self;
  own.ns = 2'000;
  chain.stages = {{StageKind::irq_entry, 1'000, 3'000, 0, "", {}, {own}},
                  {StageKind::vcpu_entry, 3'000, 5'000, 1, "", {}, {own}}};
  chain.end_ns = 5'000;
  const Diagnosis found = diagnose(chain, {});
  ASSERT_EQ(found.causes.size(), 1U);
  EXPECT_EQ(found.causes[0].ns, 4'000U);
  EXPECT_EQ(found.causes[0].finding.subject.cpus, "0-1");
}

TEST(Diagnosis, TellsNobodyToMoveWhatEachCpuHas) {
  for (const Signature& one : kSignatures) {
    if (std::string_view(one.rule).starts_with("own_interrupt")) {
      const Diagnosis found = diagnose(chain_of(one), {});
      const Finding& finding = found.causes.at(0).finding;
      ASSERT_EQ(finding.fixes.size(), 1U);
      EXPECT_EQ((finding.fixes[0].command + finding.fixes[0].note).find("irqs"), std::string::npos);
      EXPECT_EQ(finding.fixes[0].look, one.ns >= 200'000) << "it shows what stood still";
    }
  }
}

// The stream does not say which threads were the recorder's.
TEST(Diagnosis, KnowsTheTracerByItsNameAlone) {
  const Diagnosis found = diagnose(chain_of(kSignatures[0]), {});
  const Finding& finding = found.causes.at(0).finding;
  EXPECT_EQ(finding.confidence, Confidence::look);
  EXPECT_NE(finding.text.find("by its name"), std::string::npos);
  ASSERT_EQ(finding.fixes.size(), 1U);
  EXPECT_EQ(finding.fixes[0].note, move_task("wakepath", 178, "CPU 1").note);
}

TEST(Diagnosis, SaysWhereAllStagesAreSlow) {
  WakeChain chain;
  chain.begin_ns = 0;
  Usual usual;
  std::uint64_t at = 0;
  for (const StageKind kind :
       {StageKind::irq_entry, StageKind::wake_delay, StageKind::vcpu_entry}) {
    Blame own;
    own.kind = BlameKind::self;
    own.ns = 3'000;
    chain.stages.push_back({kind, at, at + 3'000, 0, "", {}, {own}});
    at += 3'000;
    usual.stage_p50_ns[static_cast<std::size_t>(kind)] = 1'500;
  }
  chain.end_ns = at;
  EXPECT_EQ(diagnose(chain, usual).remarks.size(), 1U);
  usual.stage_p50_ns[static_cast<std::size_t>(StageKind::irq_entry)] = 1'501;
  EXPECT_TRUE(diagnose(chain, usual).remarks.empty());
}

TEST(Diagnosis, SaysByHowLittleHaltPollingMissed) {
  WakeChain chain = chain_of(kSignatures[0]);
  EXPECT_TRUE(diagnose(chain, {}).remarks.empty());
  chain.blocked_ns = 31'000;
  chain.polled_ns = 480'000;
  const Diagnosis missed = diagnose(chain, {});
  ASSERT_EQ(missed.remarks.size(), 1U);
  EXPECT_NE(missed.remarks[0].find("polled for 480us"), std::string::npos);
  EXPECT_NE(missed.remarks[0].find("31.0us later"), std::string::npos);
  EXPECT_NE(missed.remarks[0].find("511us"), std::string::npos);
  chain.blocked_ns = 480'001;  // that is no little
  EXPECT_TRUE(diagnose(chain, {}).remarks.empty());
  chain.blocked_ns = 31'000;
  chain.polled_ns = 2'000;  // it did not poll
  EXPECT_TRUE(diagnose(chain, {}).remarks.empty());
  chain.polled_ns.reset();
  EXPECT_TRUE(diagnose(chain, {}).remarks.empty());
}

TEST(Usual, IsThatOfTheSameVcpuAndPath) {
  WakeChain chain;
  chain.who = {"web", 95, 2, 96};
  chain.path = "timer(f)>vcpu";
  std::vector<LatencyRow> rows(3);
  rows[0].vm = rows[0].path = "*";
  rows[0].stage = "total";
  rows[0].count = 500;
  rows[0].p50_ns = 9;
  rows[1] = rows[0];
  rows[1].vm = "web";
  rows[1].vcpu = 2;
  rows[1].path = chain.path;
  rows[1].count = 99;
  rows[1].p50_ns = 7;
  rows[2] = rows[1];
  rows[2].stage = "wake_delay";
  rows[2].p50_ns = 3;
  Usual usual = usual_of(chain, rows);
  EXPECT_EQ(usual.wakes, 99U);
  EXPECT_EQ(usual.p50_ns, 7U);
  EXPECT_FALSE(usual.p99_ns) << "99 wakes carry no p99";
  EXPECT_EQ(usual.stage_p50_ns[static_cast<std::size_t>(StageKind::wake_delay)], 3U);
  chain.path = "another";
  EXPECT_EQ(usual_of(chain, rows).p50_ns, 9U);
}

}  // namespace
}  // namespace wakepath::findings
