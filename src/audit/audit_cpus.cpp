// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of an audit: what the kernel itself does on CPUs that are kept free.
#include <array>

#include <fmt/format.h>

#include "audit/audit_facts.hpp"

namespace wakepath::audit {
namespace {

using host::HostSettings;

// What a list that names isolated CPUs lacks of them: those that are there for certain. Where that
// is none, and yet not nothing, the rule can't be judged.
CpuSet lacking(const CpuSet& list, const AuditFacts& facts, RuleResult& result) {
  const CpuSet lacks = without(facts.isolated, list);
  CpuSet on = certain(lacks, facts);
  if (on.empty()) {
    result.not_judged =
        !lacks.empty() ? "nothing tells how many CPUs there are" : facts.isolated_unknown;
  }
  return on;
}

void tick(const AuditFacts& facts, RuleResult& result) {
  const auto& nohz = facts.settings().nohz_full;
  if (!nohz) {
    result.not_judged = "nohz_full can't be read";
    return;
  }
  const CpuSet on = lacking(*nohz, facts, result);
  if (on.empty()) {
    return;
  }
  Finding& found =
      result.add(Severity::info, on, "isolated, but the tick goes on: " + cpus_text(on));
  found.evidence = {{"isolated", kernel_list(facts.isolated)}, {"nohz_full", kernel_list(*nohz)}};
  found.fixes = {findings::kernel_option("nohz_full=" + kernel_list(facts.isolated))};
}

void rcu(const AuditFacts& facts, RuleResult& result) {
  const HostSettings& settings = facts.settings();
  if (!settings.rcu_nocbs) {
    result.not_judged = "rcu_nocbs can't be read";
    return;
  }
  // nohz_full implies it (kernel/rcu/tree_nocb.h, rcu_init_nohz).
  const CpuSet offloaded = united(*settings.rcu_nocbs, settings.nohz_full.value_or(CpuSet{}));
  const CpuSet on = lacking(offloaded, facts, result);
  if (on.empty()) {
    return;
  }
  Finding& found =
      result.add(Severity::info, on, "isolated, but RCU callbacks are run there: " + cpus_text(on));
  found.evidence = {{"isolated", kernel_list(facts.isolated)},
                    {"rcu_nocbs", kernel_list(*settings.rcu_nocbs)}};
  found.fixes = {findings::kernel_option("rcu_nocbs=" + kernel_list(facts.isolated))};
}

void workqueue(const AuditFacts& facts, RuleResult& result) {
  const auto& cpus = facts.settings().workqueue_cpus;
  if (!cpus) {
    result.not_judged = "/sys/devices/virtual/workqueue/cpumask can't be read";
    return;
  }
  result.not_judged = facts.kept_unknown;
  const CpuSet on = common(*cpus, facts.kept);
  if (on.empty() || facts.others.empty()) {
    if (!on.empty() && !facts.settings().online) {
      result.not_judged = kNoOnline;
    }
    return;
  }
  Finding& found =
      result.add(Severity::warning, on, "unbound work of the kernel may run on " + cpus_text(on));
  found.evidence = {{"workqueue_cpus", cpus->text()}};
  found.fixes = {findings::move_unbound_work(facts.others, *cpus)};
}

void timer_migration(const AuditFacts& facts, RuleResult& result) {
  const auto& migrates = facts.settings().timer_migration;
  if (!migrates) {
    result.not_judged = "kernel.timer_migration can't be read";
    return;
  }
  if (*migrates || facts.kept.empty()) {
    result.not_judged = *migrates ? "" : facts.kept_unknown;
    return;
  }
  Finding& found =
      result.add(Severity::info, facts.kept,
                 "timers stay on the CPU that starts them, idle or not: " + cpus_text(facts.kept));
  found.evidence = {{"timer_migration", std::uint64_t{0}}};
  found.fixes = {findings::sysctl("kernel.timer_migration", "1", "0")};
}

void idle_states(const AuditFacts& facts, RuleResult& result) {
  constexpr std::uint64_t kLongUs = 20;  // as long as a whole wake takes
  const HostSettings& settings = facts.settings();
  const host::IdleState* deepest = nullptr;
  CpuSet on;
  std::uint64_t least = 0;
  for (const host::IdleState& state : settings.idle_states) {  // the deepest comes last
    const CpuSet kept = common(state.on, facts.kept);
    if (state.latency_us >= kLongUs && !kept.empty()) {
      least = least == 0 ? state.latency_us : least;
      on = united(on, kept);
      deepest = &state;
    }
  }
  if (deepest == nullptr) {
    result.not_judged = facts.kept.empty()   ? facts.kept_unknown
                        : settings.cpus_seen ? ""
                                             : "/sys/devices/system/cpu can't be read";
    return;
  }
  Finding& found =
      result.add(Severity::warning, on,
                 fmt::format("idle state {} takes {} us to leave, and is allowed on {}",
                             deepest->name, deepest->latency_us, cpus_text(on)));
  found.evidence = {{"state", deepest->name}, {"latency_us", deepest->latency_us}};
  if (!settings.idle_governor.empty()) {
    found.evidence.emplace_back("governor", settings.idle_governor);
  }
  found.fixes = {findings::limit_idle_states(on, least)};
}

}  // namespace

std::span<const AuditRule> cpu_rules() {
  static constexpr std::array kRules{AuditRule{"tick", Severity::info, tick},
                                     AuditRule{"rcu", Severity::info, rcu},
                                     AuditRule{"workqueue", Severity::warning, workqueue},
                                     AuditRule{"timer_migration", Severity::info, timer_migration},
                                     AuditRule{"idle_states", Severity::warning, idle_states}};
  return kRules;
}

}  // namespace wakepath::audit
