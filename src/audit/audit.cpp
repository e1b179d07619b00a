// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/audit.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

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

// Does a rule that could not be judged leave the verdict open?
void leave_open(std::string_view rule, Severity gravest, const AuditInput& input,
                std::vector<std::string>& open) {
  if (input.fail_at && gravest >= *input.fail_at) {
    open.emplace_back(rule);
  }
}

void run(std::span<const AuditRule> rules, const AuditFacts& facts, std::string_view missing,
         AuditReport& report, std::vector<std::string>& open) {
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
      leave_open(rule.name, rule.gravest, facts.input, open);
      report.not_checked.push_back({std::string(rule.name), std::move(result.not_judged)});
    }
  }
}

// What ran is judged by events: where one was not recorded, its rules judge nothing.
void look_at_observed(AuditFacts& facts, AuditReport& report, std::vector<std::string>& open) {
  const AuditInput& input = facts.input;
  if (input.observed == nullptr) {
    if (!input.not_observed.empty()) {
      leave_open("what ran", Severity::error, input, open);
    }
    return;
  }
  report.findings = judge_observed(facts);
  report.observed = input.observed->totals;
  for (const ObservedRule& rule : observed_rules()) {
    const auto& without = input.observed->not_recorded;
    const bool recorded = std::ranges::find(without, rule.event) == without.end();
    if (recorded && !facts.kept.empty()) {
      report.checked.emplace_back(rule.name);
      continue;
    }
    leave_open(rule.name, rule.gravest, input, open);
    report.not_checked.push_back(
        {std::string(rule.name), recorded ? std::string(facts.kept_unknown)
                                          : fmt::format("there is no {} in it", rule.event)});
  }
  const ObservedTotals& seen = input.observed->totals;
  if (seen.lost != 0 || seen.missed != 0 || seen.cut) {
    leave_open("what ran while events were lost", Severity::error, input, open);
  }
}

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t kFew = 6;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kFew); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return text + (names.size() > kFew ? fmt::format(" and {} more", names.size() - kFew) : "");
}

std::optional<AuditVerdict> verdict(const AuditInput& input, const AuditReport& report,
                                    const std::vector<std::string>& open) {
  using enum AuditVerdict::Result;
  if (!input.fail_at) {
    return std::nullopt;
  }
  if (findings::any_as_grave(report.findings, input.fail_at)) {
    return AuditVerdict{*input.fail_at, failed, {}};
  }
  if (!report.nothing_kept.empty()) {
    return AuditVerdict{*input.fail_at, not_judged, report.nothing_kept};
  }
  return open.empty()
             ? AuditVerdict{*input.fail_at, passed, {}}
             : AuditVerdict{*input.fail_at, not_judged,
                            "these could find more, and lack their input: " + joined(open)};
}

// The CPUs that are online, as far as anything tells them.
CpuSet online_cpus(const AuditInput& input) {
  if (input.settings != nullptr && input.settings->online) {
    return *input.settings->online;
  }
  CpuSet online;
  if (input.irqs != nullptr) {
    for (const std::uint32_t cpu : input.irqs->cpus) {
      online.add(cpu);
    }
  }
  if (input.settings == nullptr && input.observed != nullptr) {
    for (const CpuSeen& seen : input.observed->cpus) {
      online.add(seen.cpu);
    }
  }
  return online;
}

// Where some CPUs are known to be kept free, the rules are about them.
void tell_what_is_unknown(AuditFacts& facts) {
  const AuditInput& input = facts.input;
  const bool settings = input.settings != nullptr;
  const bool isolated = settings && (facts.settings().isolated || facts.settings().nohz_full);
  if (settings && !isolated && facts.isolated.empty()) {
    facts.isolated_unknown = "nothing tells which CPUs are isolated";
  }
  if (!facts.kept.empty()) {
    return;
  }
  facts.kept_unknown =
      settings && isolated ? no_threads_known(facts) : "nothing tells which CPUs are kept free";
  // Without settings what ran tells which vCPUs have a CPU.
  facts.nothing_kept = settings ? facts.kept_unknown.empty() : input.observed != nullptr;
  if (facts.nothing_kept) {
    facts.kept_unknown =
        settings ? input.vm.empty() ? "no CPU is isolated, and no vCPU is pinned"
                                    : "no CPU is isolated, and no vCPU of that VM is pinned"
                 : "nothing tells which CPUs are isolated, and no vCPU stayed on one CPU";
  }
}

}  // namespace

std::string_view name_of(AuditVerdict::Result result) {
  constexpr std::array<std::string_view, 3> kNames{"passed", "failed", "not_judged"};
  return kNames[static_cast<std::size_t>(result)];
}

bool may_poll(const AuditFacts& facts, const host::Thread& thread) {
  return !thread.kernel && thread.allowed && thread.allowed->size() == 1 &&
         common(*thread.allowed, facts.vcpu_cpus).empty();
}

bool is_poll_mode(const AuditFacts& facts, const host::Thread& thread) {
  if (!facts.input.busy || !may_poll(facts, thread)) {
    return false;
  }
  const auto busy = facts.input.busy->find(thread.tid);
  return busy != facts.input.busy->end() && busy->second >= kBusyPercent;
}

AuditFacts gather(const AuditInput& input) {
  AuditFacts facts{input, input.isolated, {}, {}, {}, {}};
  if (input.settings != nullptr) {
    facts.isolated = united(facts.isolated, input.settings->isolated.value_or(CpuSet{}));
    facts.isolated = united(facts.isolated, input.settings->nohz_full.value_or(CpuSet{}));
    facts.vcpu_cpus = pinned_vcpu_cpus(input);
    for (const host::Thread& thread : input.settings->threads.pinned) {
      if (is_poll_mode(facts, thread)) {
        facts.poll_cpus = united(facts.poll_cpus, *thread.allowed);
      }
    }
  } else {
    facts.vcpu_cpus = stayed_on(input);
  }
  facts.kept = united(facts.isolated, united(facts.vcpu_cpus, facts.poll_cpus));
  facts.others = without(online_cpus(input), facts.kept);
  tell_what_is_unknown(facts);
  return facts;
}

AuditReport audit(const AuditInput& input) {
  AuditFacts facts = gather(input);
  AuditReport report;
  std::vector<std::string> open;
  const bool settings = input.settings != nullptr;
  if (!facts.isolated.empty() || (settings && facts.isolated_unknown.empty())) {
    report.isolated = facts.isolated;
  }
  if (!facts.vcpu_cpus.empty() ||
      (settings ? no_threads_known(facts).empty() : input.observed != nullptr)) {
    report.vcpu_cpus = facts.vcpu_cpus;
  }
  report.nothing_kept = facts.nothing_kept ? facts.kept_unknown : "";
  report.cpus_counted = !settings || input.settings->possible != 0;
  look_at_observed(facts, report, open);
  const std::string_view no_settings =
      input.settings == nullptr ? "the recording holds no settings" : "";
  for (const auto rules : {list_rules(), vm_rules(), task_rules(), kvm_rules(), irq_rules(),
                           cpu_rules(), memory_rules()}) {
    run(rules, facts, no_settings, report, open);
  }
  findings::sort_by_severity(report.findings);
  report.verdict = verdict(input, report, open);
  return report;
}

}  // namespace wakepath::audit
