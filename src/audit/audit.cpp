// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/audit.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "audit/audit_facts.hpp"
#include "findings/finding_list.hpp"

namespace wakepath::audit {
namespace {

constexpr unsigned kBusyPercent = 90;

// A recording without settings: a vCPU that stayed on one CPU all the time has that CPU.
CpuSet stayed_on(const AuditInput& input) {
  CpuSet cpus;
  if (input.observed != nullptr) {
    for (const VcpuSeen& vcpu : input.observed->vcpus) {
      if (vcpu.cpus.size() == 1 && (input.vm.empty() || input.vm == vcpu.who.vm)) {
        cpus.add(vcpu.cpus.front());
      }
    }
  }
  return cpus;
}

CpuSet pinned_vcpu_cpus(const AuditInput& input) {
  if (input.vm.empty()) {
    return host::pinned_vcpu_cpus(*input.settings);
  }
  const CpuSet everywhere = host::everywhere(*input.settings);
  CpuSet cpus;
  for (const host::VmThreads& vm : input.settings->threads.vms) {
    for (const host::VmThread& one : vm.threads) {
      const auto& allowed = one.thread.allowed;
      if (vm.name == input.vm && one.role == host::VmRole::vcpu && allowed &&
          !without(everywhere, *allowed).empty()) {
        cpus = united(cpus, *allowed);
      }
    }
  }
  return cpus;
}

void run(std::span<const AuditRule> rules, const AuditFacts& facts, std::string_view missing,
         AuditReport& report) {
  for (const AuditRule& rule : rules) {
    RuleResult result(rule.name);
    result.not_judged = missing;
    if (missing.empty()) {
      rule.judge(facts, result);
    }
    std::ranges::move(result.findings, std::back_inserter(report.findings));
    if (result.not_judged.empty()) {
      report.checked.emplace_back(rule.name);
    } else {
      report.not_checked.push_back({std::string(rule.name), std::move(result.not_judged)});
    }
  }
}

}  // namespace

bool is_poll_mode(const AuditFacts& facts, const host::Thread& thread) {
  if (!facts.input.busy || thread.kernel || !thread.allowed || thread.allowed->size() != 1 ||
      !common(*thread.allowed, facts.vcpu_cpus).empty()) {
    return false;
  }
  const auto busy = facts.input.busy->find(thread.tid);
  return busy != facts.input.busy->end() && busy->second >= kBusyPercent;
}

AuditFacts gather(const AuditInput& input) {
  AuditFacts facts{input, input.isolated, {}, {}, {}, {}};
  CpuSet online;
  if (input.settings != nullptr) {
    facts.isolated = united(facts.isolated, input.settings->isolated.value_or(CpuSet{}));
    facts.isolated = united(facts.isolated, input.settings->nohz_full.value_or(CpuSet{}));
    facts.vcpu_cpus = pinned_vcpu_cpus(input);
    for (const host::Thread& thread : input.settings->threads.pinned) {
      if (is_poll_mode(facts, thread)) {
        facts.poll_cpus = united(facts.poll_cpus, *thread.allowed);
      }
    }
    online = input.settings->online.value_or(CpuSet{});
  } else {
    facts.vcpu_cpus = stayed_on(input);
    if (input.observed != nullptr) {
      for (const CpuSeen& seen : input.observed->cpus) {
        online.add(seen.cpu);
      }
    }
  }
  facts.kept = united(facts.isolated, united(facts.vcpu_cpus, facts.poll_cpus));
  facts.others = without(online, facts.kept);
  return facts;
}

AuditReport audit(const AuditInput& input) {
  AuditFacts facts = gather(input);
  AuditReport report;
  report.isolated = facts.isolated;
  report.vcpu_cpus = facts.vcpu_cpus;
  if (input.observed != nullptr) {
    report.findings = judge_observed(facts);
    report.observed = input.observed->totals;
  }
  const std::string_view no_settings =
      input.settings == nullptr ? "the recording holds no settings" : "";
  const std::string_view no_irqs = !no_settings.empty()    ? no_settings
                                   : input.irqs == nullptr ? "interrupts can't be read"
                                                           : std::string_view{};
  run(vm_rules(), facts, no_settings, report);
  run(task_rules(), facts, no_settings, report);
  run(kvm_rules(), facts, no_settings, report);
  run(irq_rules(), facts, no_irqs, report);
  run(cpu_rules(), facts, no_settings, report);
  run(memory_rules(), facts, no_settings, report);
  findings::sort_by_severity(report.findings);
  return report;
}

}  // namespace wakepath::audit
