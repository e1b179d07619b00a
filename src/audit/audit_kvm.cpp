// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of an audit: how KVM and the scheduler treat vCPUs.
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "audit/audit_facts.hpp"

namespace wakepath::audit {
namespace {

using host::HostSettings;
using host::VmRole;
using host::VmThread;
using host::VmThreads;

void rt_throttling(const AuditFacts& facts, RuleResult& result) {
  const HostSettings& settings = facts.settings();
  if (!settings.rt_runtime_us) {
    result.not_judged = "kernel.sched_rt_runtime_us can't be read";
    return;
  }
  result.not_judged = no_threads_known(facts);
  const std::int64_t period = settings.rt_period_us.value_or(1'000'000);
  if (*settings.rt_runtime_us < 0 || *settings.rt_runtime_us >= period) {
    result.not_judged.clear();
    return;
  }
  for (const VmThreads& vm : settings.threads.vms) {
    CpuSet cpus;
    for (const VmThread& one : vm.threads) {
      if (one.role == VmRole::vcpu && host::is_real_time(one.thread)) {
        cpus = united(cpus, one.thread.allowed.value_or(CpuSet{}));
      }
    }
    if (cpus.empty() || !facts.wants(vm.name)) {
      continue;
    }
    Finding& found = result.add(
        Severity::warning, cpus,
        fmt::format("{}'s vCPUs are real-time threads, which together get {} us in each {} us",
                    label_of(vm, facts), *settings.rt_runtime_us, period));
    name_vm(found, vm);
    found.evidence = {
        {"rt_runtime_us", static_cast<std::uint64_t>(*settings.rt_runtime_us)},
        {"rt_period_us", static_cast<std::uint64_t>(std::max<std::int64_t>(period, 0))}};
    found.fixes = {findings::sysctl("kernel.sched_rt_runtime_us", "-1",
                                    std::to_string(*settings.rt_runtime_us))};
  }
}

// Polling is for vCPUs that have a CPU for themselves.
void halt_poll(const AuditFacts& facts, RuleResult& result) {
  const auto& polls = facts.settings().halt_poll_ns;
  if (!polls) {
    result.not_judged = "/sys/module/kvm/parameters/halt_poll_ns can't be read";
    return;
  }
  const CpuSet alone = common(facts.vcpu_cpus, facts.isolated);
  if (*polls != 0 || alone.empty()) {
    result.not_judged = *polls != 0                       ? ""
                        : !facts.isolated_unknown.empty() ? facts.isolated_unknown
                                                          : no_threads_known(facts);
    return;
  }
  Finding& found = result.add(Severity::info, alone,
                              "vCPUs do not poll before they sleep, though " + cpus_text(alone) +
                                  " is theirs: each wake then comes through the scheduler");
  found.evidence = {{"halt_poll_ns", std::uint64_t{0}}};
  constexpr std::uint64_t kDefaultPollNs = 200'000;
  found.confidence = Confidence::look;
  found.fixes = {findings::halt_polling(kDefaultPollNs, *polls)};
}

void wfi_trap(const AuditFacts& facts, RuleResult& result) {
  const HostSettings& settings = facts.settings();
  if (settings.machine != "aarch64") {
    result.not_judged = settings.machine.empty() ? "nothing tells the architecture" : "";
    return;
  }
  if (!settings.wfi_trap_policy) {
    result.not_judged = "/proc/cmdline can't be read";
    return;
  }
  if (*settings.wfi_trap_policy != "notrap" || settings.threads.vms.empty()) {
    result.not_judged =
        *settings.wfi_trap_policy == "notrap" ? no_threads_known(facts) : std::string_view{};
    return;
  }
  Finding& found = result.add(Severity::info, facts.vcpu_cpus,
                              "WFI does not trap: idle vCPUs keep their CPU, and have no wakes");
  found.evidence = {{"wfi_trap_policy", *settings.wfi_trap_policy}};
  found.confidence = Confidence::look;
  found.fixes = {findings::kernel_option("kvm-arm.wfi_trap_policy=default", "no trap is meant")};
}

}  // namespace

std::span<const AuditRule> kvm_rules() {
  static constexpr std::array kRules{AuditRule{"rt_throttling", Severity::warning, rt_throttling},
                                     AuditRule{"halt_poll", Severity::info, halt_poll},
                                     AuditRule{"wfi_trap", Severity::info, wfi_trap}};
  return kRules;
}

}  // namespace wakepath::audit
