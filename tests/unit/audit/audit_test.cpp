// SPDX-License-Identifier: GPL-2.0-or-later
// Rules that the trees of tests/golden/audit do not reach.
#include "audit/audit.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "findings/finding_list.hpp"

namespace wakepath::audit {
namespace {

CpuSet cpu_set(std::string_view list) { return CpuSet::parse(list).value(); }

host::Thread thread(std::uint32_t tid, const std::string& comm, std::string_view allowed) {
  return {tid, tid, comm, false, cpu_set(allowed), 0};
}

// CPUs 2-3 are isolated, as they should be.
host::HostSettings isolated_host() {
  host::HostSettings settings;
  settings.machine = "aarch64";
  settings.possible = 4;
  settings.online = cpu_set("0-3");
  settings.isolated = settings.nohz_full = settings.rcu_nocbs = cpu_set("2-3");
  settings.threads.seen = true;
  return settings;
}

const Finding* find(const AuditReport& report, std::string_view rule) {
  const auto found = std::ranges::find(report.findings, rule, &Finding::rule);
  return found == report.findings.end() ? nullptr : &*found;
}

bool not_checked(const AuditReport& report, std::string_view rule) {
  return std::ranges::find(report.not_checked, rule, &NotChecked::rule) != report.not_checked.end();
}

Ran ran(Ran::Kind kind, std::uint32_t number, const std::string& name) {
  Ran one;
  one.kind = kind;
  one.number = number;
  one.name = name;
  one.count = 2;
  one.ns = one.longest_ns = 1000;
  return one;
}

TEST(Audit, WhatIsUnknownIsNotJudgedAndSaidToBe) {
  const host::HostSettings nothing;
  const AuditReport report = audit({.settings = &nothing});
  EXPECT_TRUE(report.findings.empty());
  for (const char* rule : {"tick", "rcu", "workqueue", "ksm", "irq_affinity", "vcpu_pinning"}) {
    EXPECT_TRUE(not_checked(report, rule)) << rule;
  }
}

AuditVerdict::Result verdict_of(const AuditInput& input) {
  return audit(input).verdict.value().result;
}

// What an audit asks of a host whose settings can all be read.
host::HostSettings readable_host() {
  host::HostSettings settings = isolated_host();
  settings.cpu_options.emplace();
  settings.irq_default = settings.workqueue_cpus = cpu_set("0-1");
  settings.rt_runtime_us = -1;
  settings.mm_seen = settings.cpus_seen = true;
  return settings;
}

TEST(Audit, NothingPassesThatLacksItsInput) {
  using enum AuditVerdict::Result;
  const interrupts::IrqReport irqs;
  host::HostSettings settings = readable_host();
  AuditInput input{.settings = &settings, .irqs = &irqs, .fail_at = Severity::warning};
  EXPECT_EQ(verdict_of(input), passed);
  EXPECT_FALSE(audit({.settings = &settings}).verdict);
  // A rule that can't fail at this severity leaves nothing open.
  settings.nohz_full.reset();
  EXPECT_TRUE(not_checked(audit(input), "tick"));
  EXPECT_EQ(verdict_of(input), passed);
  input.fail_at = Severity::info;
  EXPECT_EQ(verdict_of(input), not_judged);
  input.fail_at = Severity::warning;
  input.irqs = nullptr;
  EXPECT_EQ(verdict_of(input), not_judged);
  input.irqs = &irqs;
  settings.workqueue_cpus.reset();
  EXPECT_EQ(verdict_of(input), not_judged);
  settings.workqueue_cpus = cpu_set("0-3");
  EXPECT_EQ(verdict_of(input), failed);
  // What should have been observed and was not.
  settings.workqueue_cpus = cpu_set("0-1");
  input.not_observed = "there is no event in it";
  EXPECT_EQ(verdict_of(input), not_judged);
}

TEST(Audit, WhatRanIsJudgedByTheEventsThatTellIt) {
  using enum AuditVerdict::Result;
  const interrupts::IrqReport irqs;
  const host::HostSettings settings = readable_host();
  Observed observed;
  observed.totals.duration_ns = 1'000'000'000;
  const AuditInput input{
      .settings = &settings, .irqs = &irqs, .observed = &observed, .fail_at = Severity::warning};
  EXPECT_EQ(verdict_of(input), passed);
  observed.not_recorded = {"sched_switch"};
  EXPECT_EQ(verdict_of(input), not_judged);
  EXPECT_TRUE(not_checked(audit(input), "ran_task"));
  EXPECT_FALSE(not_checked(audit(input), "ran_irq"));
  observed.not_recorded.clear();
  observed.totals.lost = 1;
  EXPECT_EQ(verdict_of(input), not_judged);
}

TEST(Audit, WhereNothingIsKeptFreeNothingPasses) {
  using enum AuditVerdict::Result;
  const interrupts::IrqReport irqs;
  host::HostSettings settings = readable_host();
  settings.isolated = settings.nohz_full = CpuSet{};
  Observed observed;
  observed.totals.duration_ns = 1'000'000'000;
  AuditInput input{
      .settings = &settings, .irqs = &irqs, .observed = &observed, .fail_at = Severity::warning};
  const AuditReport report = audit(input);
  EXPECT_EQ(report.nothing_kept, "no CPU is isolated, and no vCPU is pinned");
  EXPECT_EQ(report.verdict->result, not_judged);
  EXPECT_EQ(report.verdict->reason, report.nothing_kept);
  for (const char* rule : {"ran_irq", "ran_task", "irq_affinity", "workqueue"}) {
    EXPECT_TRUE(not_checked(report, rule)) << rule;
  }
  input.fail_at = Severity::error;
  input.observed = nullptr;
  EXPECT_EQ(verdict_of(input), not_judged);
  input.isolated = cpu_set("2");
  EXPECT_EQ(verdict_of(input), passed);
  EXPECT_EQ(audit(input).nothing_kept, "");
  // Nobody knows.
  input.isolated = {};
  settings.threads.seen = false;
  EXPECT_EQ(audit(input).nothing_kept, "");
  // A recording without settings.
  AuditInput recorded{.observed = &observed, .fail_at = Severity::warning};
  EXPECT_EQ(verdict_of(recorded), not_judged);
  EXPECT_TRUE(not_checked(audit(recorded), "ran_task"));
  EXPECT_NE(audit(recorded).nothing_kept, "");
  observed.vcpus.emplace_back().cpus = {1};
  EXPECT_EQ(audit(recorded).nothing_kept, "");
  EXPECT_FALSE(not_checked(audit(recorded), "ran_task"));
}

TEST(Audit, UnknownIsNotNone) {
  host::HostSettings settings;
  EXPECT_FALSE(audit({.settings = &settings}).isolated);
  EXPECT_FALSE(audit({.settings = &settings}).vcpu_cpus);
  settings = isolated_host();
  settings.isolated = CpuSet{};
  settings.nohz_full = CpuSet{};
  EXPECT_TRUE(audit({.settings = &settings}).isolated.value().empty());
  EXPECT_TRUE(audit({.settings = &settings}).vcpu_cpus.value().empty());
}

TEST(Audit, ListsOfTheCommandLineAreLookedAt) {
  host::HostSettings settings = isolated_host();
  settings.cpu_options = {{"isolcpus", "2-3", cpu_set("2-3")}, {"nohz_full", "", CpuSet{}}};
  EXPECT_EQ(find(audit({.settings = &settings}), "isolation")->severity, Severity::warning);
  settings.cpu_options = {{"isolcpus", "2-", std::nullopt}};
  EXPECT_NE(find(audit({.settings = &settings}), "isolation")->text.find("isolcpus=2-"),
            std::string::npos);
  settings.cpu_options = {{"isolcpus", "2-3", cpu_set("2-3")}, {"rcu_nocbs", "", CpuSet{}}};
  EXPECT_EQ(find(audit({.settings = &settings}), "isolation"), nullptr);
  settings.cpu_options = {{"irqaffinity", "0-2", cpu_set("0-2")}};
  const AuditReport report = audit({.settings = &settings});
  const Finding* const found = find(report, "irq_default");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->severity, Severity::warning);
  EXPECT_EQ(found->subject.cpus, "2");
  EXPECT_NE(found->fixes.front().note.find("irqaffinity=0-1 "), std::string::npos);
}

// CPUs that a list reaches by its "N" alone may not be there.
TEST(Audit, NothingIsSaidOfCpusThatMayNotBeThere) {
  host::HostSettings settings;
  settings.isolated = host::parse_kernel_cpus("4-N", 0);
  settings.nohz_full = cpu_set("4-15");
  settings.highest_named = 15;
  EXPECT_EQ(find(audit({.settings = &settings}), "tick"), nullptr);
  EXPECT_TRUE(not_checked(audit({.settings = &settings}), "tick"));
  settings.nohz_full = cpu_set("5-15");
  EXPECT_EQ(find(audit({.settings = &settings}), "tick")->subject.cpus, "4");
}

TEST(Audit, CountsTellWhereAnInterruptGoesIfNothingElseDoes) {
  const host::HostSettings settings = isolated_host();
  interrupts::IrqReport irqs;
  interrupts::IrqRow& row = irqs.rows.emplace_back();
  row.number = 16;
  row.label = "16";
  row.name = "ehci_hcd:usb1";
  row.counts = {{0, 5}, {2, 7}};
  row.total = 12;
  const auto judged = [&] { return audit({.settings = &settings, .irqs = &irqs}); };
  row.affinity = "0-3";
  AuditReport report = judged();
  ASSERT_NE(find(report, "irq_affinity"), nullptr);
  EXPECT_EQ(find(report, "irq_affinity")->text,
            "7 interrupts of irq 16 came to isolated CPU 2 (ehci_hcd:usb1)");
  EXPECT_EQ(find(report, "irq_affinity")->confidence, Confidence::high);
  row.affinity = "";  // it may have been moved since
  report = judged();
  EXPECT_EQ(find(report, "irq_affinity")->confidence, Confidence::medium);
  row.affinity = "0-1";  // it was
  EXPECT_EQ(find(judged(), "irq_affinity"), nullptr);
  row.affinity = "0-3";
  row.effective = "0";
  EXPECT_EQ(find(judged(), "irq_affinity"), nullptr);
  row.effective = "";
  row.kind = interrupts::IrqRow::Kind::per_cpu;
  EXPECT_EQ(find(judged(), "irq_affinity"), nullptr);
}

TEST(Audit, WhatMayBeManagedGetsNoCommandThatFails) {
  const host::HostSettings settings = isolated_host();
  interrupts::IrqReport irqs;
  interrupts::IrqRow& row = irqs.rows.emplace_back();
  row.number = 70;
  row.label = "70";
  row.affinity = row.effective = "2";
  row.counts = {{2, 7}};
  row.total = 7;
  const auto fix = [&](const std::string& name, bool message) {
    row.name = name;
    row.message = message;
    return find(audit({.settings = &settings, .irqs = &irqs}), "irq_affinity")->fixes.front();
  };
  for (const char* disk : {"nvme0q3", "virtio1-req.0", "megasas0-msix4", "mpt3sas0-msix1"}) {
    EXPECT_EQ(fix(disk, true).command, "") << disk;
    EXPECT_NE(fix(disk, true).note.find("isolcpus=managed_irq,domain,2-3"), std::string::npos);
    EXPECT_NE(fix(disk, true).note.find("fewer queues"), std::string::npos);
  }
  for (const char* other : {"eth0-TxRx-0", "nvme0q0", "mlx5_comp0"}) {
    EXPECT_EQ(fix(other, true).command, "echo 0-1 >/proc/irq/70/smp_affinity_list") << other;
    EXPECT_NE(fix(other, true).note.find("isolcpus=managed_irq"), std::string::npos) << other;
  }
  EXPECT_EQ(fix("acpi", false).note, "");
  row.managed = false;
  EXPECT_EQ(fix("nvme0q3", true).command, "echo 0-1 >/proc/irq/70/smp_affinity_list");
  EXPECT_EQ(fix("nvme0q3", true).note, "");
}

TEST(Audit, APollModeThreadThatIsAloneIsNoFinding) {
  host::HostSettings settings = isolated_host();
  settings.threads.pinned = {thread(50, "pmd-c02/id:8", "2"), thread(60, "sleeper", "3")};
  AuditInput input{.settings = &settings, .busy = std::map<std::uint32_t, unsigned>{{50, 99}}};
  EXPECT_EQ(find(audit(input), "poll_mode"), nullptr);
  settings.threads.pinned.push_back(thread(61, "intruder", "2"));
  const AuditReport shared = audit(input);
  const Finding* found = find(shared, "poll_mode");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->severity, Severity::warning);
  EXPECT_EQ(found->subject.cpus, "2");
  EXPECT_EQ(findings::first_fix_text(found->fixes), "taskset -cp 0-1 61");
  // One that is not busy is none.
  input.busy = std::map<std::uint32_t, unsigned>{{50, 20}};
  EXPECT_EQ(find(audit(input), "poll_mode"), nullptr);
  input.busy.reset();
  EXPECT_TRUE(not_checked(audit(input), "poll_mode"));
}

TEST(Audit, APollModeThreadOnACpuOfAllIsOne) {
  host::HostSettings settings = isolated_host();
  settings.threads.pinned = {thread(50, "pmd-c01/id:8", "1")};
  const AuditInput input{.settings = &settings,
                         .busy = std::map<std::uint32_t, unsigned>{{50, 99}}};
  const AuditReport report = audit(input);
  ASSERT_NE(find(report, "poll_mode"), nullptr);
  EXPECT_NE(find(report, "poll_mode")->text.find("not isolated"), std::string::npos);
}

TEST(Audit, TheKernelsOwnAccountsAreForInformation) {
  const host::HostSettings settings = isolated_host();
  const auto severity_of = [&](const std::string& function) {
    Observed observed;
    observed.totals.duration_ns = 1'000'000'000;
    Ran work = ran(Ran::Kind::work, 90, function);
    work.worker = "kworker/2:0";
    observed.cpus = {{2, 0, {work}}};
    const AuditReport report = audit({.settings = &settings, .observed = &observed});
    const Finding* found = find(report, "ran_work");
    EXPECT_NE(found, nullptr) << function;
    return found == nullptr ? Severity::error : found->severity;
  };
  EXPECT_EQ(severity_of("vmstat_update"), Severity::info);
  EXPECT_EQ(severity_of("psi_avgs_work"), Severity::info);
  EXPECT_EQ(severity_of("somebodys_work"), Severity::warning);
}

TEST(Audit, AnInterruptsThreadGoesWhereItsInterruptGoes) {
  const host::HostSettings settings = isolated_host();
  Ran work = ran(Ran::Kind::work, 90, "rtc_timer_do_work");
  work.worker = "kworker/2:0";
  work.by = "irq/16-rtc-pl03 (tid 71) on CPU 2";
  work.by_tid = 71;
  work.by_cpu = 2;
  Observed observed;
  observed.totals.duration_ns = 1'000'000'000;
  observed.cpus = {{2, 0, {work, ran(Ran::Kind::kthread, 71, "irq/16-rtc-pl03")}}};
  const auto judged = [&](std::string_view rule) {
    const AuditReport report = audit({.settings = &settings, .observed = &observed});
    const Finding* found = find(report, rule);
    return found == nullptr ? Finding{} : *found;
  };
  const std::string fix = "echo 0-1 >/proc/irq/16/smp_affinity_list";
  for (const char* rule : {"ran_task", "ran_work"}) {
    EXPECT_EQ(judged(rule).severity, Severity::warning) << rule;
    EXPECT_EQ(findings::first_fix_text(judged(rule).fixes), fix) << rule;
  }
  // Where the interrupt itself is told, they are what goes away with it.
  observed.cpus[0].ran.push_back(ran(Ran::Kind::irq, 16, "rtc-pl031"));
  EXPECT_EQ(judged("ran_irq").severity, Severity::warning);
  for (const char* rule : {"ran_task", "ran_work"}) {
    EXPECT_EQ(judged(rule).severity, Severity::info) << rule;
    EXPECT_EQ(findings::first_fix_text(judged(rule).fixes), fix) << rule;
  }
  // Anybody may be called so.
  observed.cpus[0].ran = {ran(Ran::Kind::task, 71, "irq/16-rtc-pl03")};
  EXPECT_EQ(findings::first_fix_text(judged("ran_task").fixes), "taskset -cp 0-1 71");
  for (const char* name : {"irq/", "irq/16", "irq/x-y", "irq/-1-x", "irq/99999999999-x"}) {
    observed.cpus[0].ran = {ran(Ran::Kind::kthread, 71, name)};
    EXPECT_EQ(findings::first_fix_text(judged("ran_task").fixes), "taskset -cp 0-1 71") << name;
  }
}

TEST(Audit, AManagedInterruptIsMovedByTheKernelAlone) {
  const host::HostSettings settings = isolated_host();
  interrupts::IrqReport irqs;
  for (const std::uint32_t number : {70U, 71U}) {
    interrupts::IrqRow& row = irqs.rows.emplace_back();
    row.number = number;
    row.label = std::to_string(number);
    row.name = "nvme0q" + row.label;
    row.pci = "0000:01:00.0";
    row.effective = number == 70 ? "2" : "3";
    row.managed = true;
    row.counts = {{2, 5}};
    row.total = 5;
  }
  const AuditReport report = audit({.settings = &settings, .irqs = &irqs});
  ASSERT_EQ(std::ranges::count(report.findings, "irq_affinity", &Finding::rule), 1);
  const Finding& found = *find(report, "irq_affinity");
  EXPECT_EQ(found.severity, Severity::warning);
  EXPECT_EQ(found.subject.cpus, "2-3");
  EXPECT_NE(findings::first_fix_text(found.fixes).find("isolcpus=managed_irq"), std::string::npos);
}

TEST(Audit, AnotherVmsPinsAreNotAskedFor) {
  host::HostSettings settings = isolated_host();
  settings.threads.vms.push_back({"web1", 10, false, {}, {}, {}});
  settings.threads.vms.push_back({"web2", 20, false, {}, {}, {}});
  for (host::VmThreads& vm : settings.threads.vms) {
    vm.threads.push_back({thread(vm.pid + 1, "CPU 0/KVM", "2"), host::VmRole::vcpu});
    vm.threads.push_back({thread(vm.pid + 2, "worker", "2"), host::VmRole::emulator});
  }
  EXPECT_EQ(std::ranges::count(audit({.settings = &settings}).findings, "emulator_pinning",
                               &Finding::rule),
            2);
  const AuditReport one = audit({.settings = &settings, .vm = "web2"});
  ASSERT_EQ(std::ranges::count(one.findings, "emulator_pinning", &Finding::rule), 1);
  EXPECT_EQ(find(one, "emulator_pinning")->subject.vm_pid, 20U);
}

}  // namespace
}  // namespace wakepath::audit
