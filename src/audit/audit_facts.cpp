// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/audit_facts.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "interrupts/irq_words.hpp"

namespace wakepath::audit {

Finding& RuleResult::add(Severity severity, const CpuSet& cpus, std::string text) {
  Finding& finding = findings.emplace_back();
  finding.rule = rule_;
  finding.severity = severity;
  finding.confidence = Confidence::high;
  finding.subject.cpus = kernel_list(cpus);
  finding.text = std::move(text);
  return finding;
}

std::string cpus_text(const CpuSet& cpus) {
  return (cpus.size() == 1 ? "CPU " : "CPUs ") + kernel_list(cpus);
}

namespace {

bool is_only_one_of_its_name(const host::VmThreads& vm, const AuditFacts& facts) {
  return std::ranges::count(facts.settings().threads.vms, vm.name, &host::VmThreads::name) == 1;
}

}  // namespace

findings::VmTarget target_of(const host::VmThreads& vm, const AuditFacts& facts) {
  return {vm.name, vm.pid, vm.libvirt && is_only_one_of_its_name(vm, facts)};
}

std::string label_of(const host::VmThreads& vm, const AuditFacts& facts) {
  return is_only_one_of_its_name(vm, facts) ? vm.name : fmt::format("{} (pid {})", vm.name, vm.pid);
}

void name_vm(Finding& finding, const host::VmThreads& vm) {
  finding.subject.vm = vm.name;
  finding.subject.vm_pid = vm.pid;
}

findings::PinnedThread pinned_now(const host::Thread& thread) {
  return {thread.tid, thread.allowed ? thread.allowed->text() : std::string{}};
}

findings::PinnedThread pinned_now(std::uint32_t tid, const AuditFacts& facts) {
  if (facts.input.settings != nullptr) {
    const auto& pinned = facts.settings().threads.pinned;
    if (const auto found = std::ranges::find(pinned, tid, &host::Thread::tid);
        found != pinned.end()) {
      return pinned_now(*found);
    }
    for (const host::VmThreads& vm : facts.settings().threads.vms) {
      for (const host::VmThread& one : vm.threads) {
        if (one.thread.tid == tid) {
          return pinned_now(one.thread);
        }
      }
    }
  }
  return {tid, {}};
}

Fix move_irqs(const std::vector<const interrupts::IrqRow*>& rows, const AuditFacts& facts) {
  std::vector<findings::MovedIrq> irqs;
  bool managed = false;
  bool perhaps = false;
  bool often = false;
  for (const interrupts::IrqRow* const row : rows) {
    irqs.push_back({row->number.value_or(0), row->affinity});
    managed = managed || row->managed == true;
    perhaps = perhaps || (row->message && !row->managed);
    often = often || (!row->managed && interrupts::is_often_managed(row->name));
  }
  return managed ? findings::keep_managed_irqs_off(facts.kept)
         : perhaps || often
             ? findings::keep_perhaps_managed_off(irqs, facts.others, facts.kept, often)
             : findings::move_irqs(irqs, facts.others);
}

Fix move_irq(std::uint32_t irq, std::string_view name, const AuditFacts& facts) {
  interrupts::IrqRow unknown;
  unknown.number = irq;
  unknown.name = name;
  const interrupts::IrqRow* known = &unknown;
  if (facts.input.irqs != nullptr) {
    const auto& rows = facts.input.irqs->rows;
    const auto row = std::ranges::find(rows, irq, &interrupts::IrqRow::number);
    known = row == rows.end() ? known : &*row;
  }
  return move_irqs({known}, facts);
}

std::string_view no_threads_known(const AuditFacts& facts) {
  return !facts.settings().threads.seen ? "no process can be seen"
         : !facts.settings().online     ? kNoOnline
                                        : "";
}

CpuSet certain(const CpuSet& cpus, const AuditFacts& facts) {
  const host::HostSettings& settings = facts.settings();
  if (settings.possible != 0) {
    return cpus;
  }
  CpuSet there;
  for (const std::uint32_t cpu : cpus.list()) {
    if (cpu <= settings.highest_named) {
      there.add(cpu);
    }
  }
  return there;
}

bool may_run_on(const host::Thread& thread, const CpuSet& cpus, const AuditFacts& facts) {
  if (!thread.allowed) {
    return false;
  }
  const CpuSet on = common(*thread.allowed, cpus);
  return !without(on, facts.isolated).empty() ||
         (!on.empty() && without(*thread.allowed, facts.isolated).empty());
}

}  // namespace wakepath::audit
