// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of an audit: where the threads of VMs may run, and who else may run there.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "audit/audit_facts.hpp"

namespace wakepath::audit {
namespace {

using host::HostSettings;
using host::Thread;
using host::VmRole;
using host::VmThread;
using host::VmThreads;

void name_vm(Finding& found, const VmThreads& vm) {
  found.vm = vm.name;
  found.vm_pid = vm.pid;
}

bool no_vms_known(const AuditFacts& facts, Judged& judged) {
  if (!facts.settings().threads.seen) {
    judged.unknown = "no process can be seen";
  } else if (!facts.settings().online) {
    judged.unknown = "it is not known which CPUs there are";
  }
  return !judged.unknown.empty();
}

CpuSet cpus_of(const VmThreads& vm, VmRole role) {
  CpuSet cpus;
  for (const VmThread& one : vm.threads) {
    if (one.role == role && one.thread.allowed) {
      cpus = united(cpus, *one.thread.allowed);
    }
  }
  return cpus;
}

// On a host that isolates CPUs, vCPUs that run elsewhere; on any, those that are pinned to CPUs on
// which everybody else may run too.
void vcpu_pinning(const AuditFacts& facts, Judged& judged) {
  if (no_vms_known(facts, judged)) {
    return;
  }
  for (const VmThreads& vm : facts.settings().threads.vms) {
    const CpuSet cpus = cpus_of(vm, VmRole::vcpu);
    const CpuSet exposed = without(cpus, facts.isolated);
    if (!facts.wants(vm.name) || exposed.empty()) {
      continue;
    }
    const bool pinned = !common(exposed, facts.vcpu_cpus).empty();
    if (!pinned && facts.isolated.empty()) {
      continue;  // nobody asked for more
    }
    Finding& found =
        judged.add(Severity::info, exposed,
                   pinned ? fmt::format("{}'s vCPUs are pinned to {}, where all others may run too",
                                        vm.name, cpus_text(exposed))
                          : fmt::format("{} is isolated, but {}'s vCPUs run on {} with all others",
                                        cpus_text(facts.isolated), vm.name, cpus_text(exposed)));
    name_vm(found, vm);
    found.evidence = {{"vcpu_cpus", cpus.text()}, {"isolated", facts.isolated.text()}};
    if (vm.cpuset) {
      found.evidence.emplace_back("cpuset", vm.cpuset->text());
    }
    if (pinned) {
      found.fix =
          fmt::format("isolcpus=domain,managed_irq,{} on the kernel's command line", cpus.text());
    } else if (vm.libvirt) {
      found.fix = fmt::format("virsh vcpupin {} VCPU CPU, with one of {} for each",
                              shell_word(vm.name), facts.isolated.text());
    } else {
      found.fix =
          fmt::format("taskset -cp CPU TID, with one of {} for each vCPU", facts.isolated.text());
    }
  }
}

void vcpu_sharing(const AuditFacts& facts, Judged& judged) {
  if (no_vms_known(facts, judged)) {
    return;
  }
  std::map<std::uint32_t, std::vector<const VmThreads*>> owners;
  for (const VmThreads& vm : facts.settings().threads.vms) {
    for (const VmThread& one : vm.threads) {
      if (one.role == VmRole::vcpu && one.thread.allowed && one.thread.allowed->size() == 1 &&
          facts.vcpu_cpus.contains(one.thread.allowed->list().front())) {
        owners[one.thread.allowed->list().front()].push_back(&vm);
      }
    }
  }
  const std::uint64_t polls = facts.settings().halt_poll_ns.value_or(0);
  for (const auto& owned : owners) {
    const std::uint32_t cpu = owned.first;
    const std::vector<const VmThreads*>& vms = owned.second;
    if (vms.size() < 2) {
      continue;
    }
    CpuSet on;
    on.add(cpu);
    std::string names;
    for (const VmThreads* vm : vms) {
      names += (names.empty() ? "" : ", ") + vm->name;
    }
    Finding& found = judged.add(
        Severity::warning, on,
        fmt::format("{} vCPUs are pinned to CPU {}: {}{}", vms.size(), cpu, names,
                    polls == 0 ? "" : "; and halt polling lets one wait for nothing there"));
    if (std::ranges::all_of(vms, [&](const VmThreads* vm) { return vm == vms.front(); })) {
      name_vm(found, *vms.front());
    }
    found.evidence = {{"vcpus", std::uint64_t{vms.size()}}, {"halt_poll_ns", polls}};
    found.fix = vms.front()->libvirt ? fmt::format("virsh vcpupin {} VCPU CPU, a CPU for each",
                                                   shell_word(vms.front()->name))
                                     : "taskset -cp CPU TID, a CPU for each vCPU";
  }
}

// May it come to run on one of these? On isolated CPUs nothing is balanced: only what may run on
// no other CPU comes there.
bool may_run_on(const Thread& thread, const CpuSet& cpus, const AuditFacts& facts) {
  if (!thread.allowed) {
    return false;
  }
  const CpuSet on = common(*thread.allowed, cpus);
  return !without(on, facts.isolated).empty() ||
         (!on.empty() && without(*thread.allowed, facts.isolated).empty());
}

// Emulator, iothreads and vhost on the CPUs of the VM's own vCPUs, or of another's.
void emulator_pinning(const AuditFacts& facts, Judged& judged) {
  if (no_vms_known(facts, judged)) {
    return;
  }
  for (const VmThreads& vm : facts.settings().threads.vms) {
    if (!facts.wants(vm.name)) {
      continue;
    }
    std::vector<std::uint32_t> tids;
    CpuSet on;
    std::string names;
    for (const VmThread& one : vm.threads) {
      if (one.role == VmRole::vcpu || facts.seen_tids.contains(one.thread.tid) ||
          !may_run_on(one.thread, facts.vcpu_cpus, facts)) {
        continue;
      }
      on = united(on, common(*one.thread.allowed, facts.vcpu_cpus));
      if (tids.size() < 3) {
        names += (tids.empty() ? "" : ", ") + one.thread.comm;
      }
      tids.push_back(one.thread.tid);
    }
    if (tids.empty()) {
      continue;
    }
    Finding& found = judged.add(
        Severity::warning, on,
        fmt::format("{} of {}'s threads beside its vCPUs may run on vCPUs' {}: {}{}", tids.size(),
                    vm.name, cpus_text(on), names, tids.size() > 3 ? ", .." : ""));
    name_vm(found, vm);
    found.evidence = {{"threads", std::uint64_t{tids.size()}}, {"names", names}};
    found.fix =
        vm.libvirt && !facts.others.empty()
            ? fmt::format("virsh emulatorpin {} {}", shell_word(vm.name), facts.others.text())
            : pin_command(tids, facts.others);
  }
}

struct Sharer {
  std::vector<std::uint32_t> tids;
  CpuSet on;
};

// Threads of others that are pinned to `cpus`, by name.
std::map<std::string, Sharer> pinned_to(const AuditFacts& facts, const CpuSet& cpus) {
  std::map<std::string, Sharer> found;
  for (const Thread& thread : facts.settings().threads.pinned) {
    if (!facts.seen_tids.contains(thread.tid) && may_run_on(thread, cpus, facts) &&
        !is_poll_mode(facts, thread)) {
      Sharer& sharer = found[thread.comm];
      sharer.tids.push_back(thread.tid);
      sharer.on = united(sharer.on, common(*thread.allowed, cpus));
    }
  }
  return found;
}

void task_pinning(const AuditFacts& facts, Judged& judged) {
  if (no_vms_known(facts, judged)) {
    return;
  }
  for (const auto& [name, sharer] : pinned_to(facts, facts.vcpu_cpus)) {
    Finding& found =
        judged.add(Severity::warning, sharer.on,
                   fmt::format("{} ({} {}) is pinned to vCPUs' {}", name,
                               sharer.tids.size() == 1 ? "tid" : "threads:",
                               sharer.tids.size() == 1 ? sharer.tids.front() : sharer.tids.size(),
                               cpus_text(sharer.on)));
    found.evidence = {{"task", name},
                      {"tid", std::uint64_t{sharer.tids.front()}},
                      {"threads", std::uint64_t{sharer.tids.size()}}};
    found.fix = pin_command(sharer.tids, facts.others);
  }
}

void poll_mode(const AuditFacts& facts, Judged& judged) {
  if (no_vms_known(facts, judged)) {
    return;
  }
  if (!facts.input.busy) {
    judged.unknown = "which threads are busy takes two readings of a running host";
    return;
  }
  for (const Thread& thread : facts.settings().threads.pinned) {
    if (!is_poll_mode(facts, thread)) {
      continue;
    }
    const std::uint64_t busy = facts.input.busy->at(thread.tid);
    const std::uint32_t cpu = thread.allowed->list().front();
    const auto add = [&](Severity severity, const std::string& text) -> Finding& {
      Finding& found = judged.add(severity, *thread.allowed, text);
      found.evidence = {
          {"task", thread.comm}, {"tid", std::uint64_t{thread.tid}}, {"busy_percent", busy}};
      return found;
    };
    if (!facts.isolated.contains(cpu)) {
      add(Severity::warning,
          fmt::format("poll-mode thread {} (tid {}) has CPU {}, which is not isolated", thread.comm,
                      thread.tid, cpu))
          .fix = fmt::format("isolcpus=domain,managed_irq,{} on the kernel's command line",
                             facts.kept.text());
    }
    for (const Thread& other : facts.settings().threads.pinned) {
      if (other.tid != thread.tid && may_run_on(other, *thread.allowed, facts) && !other.kernel &&
          !facts.seen_tids.contains(other.tid)) {
        add(Severity::warning,
            fmt::format("poll-mode thread {} (tid {}) shares CPU {} with {} (tid {})", thread.comm,
                        thread.tid, cpu, other.comm, other.tid))
            .fix = pin_command({other.tid}, facts.others);
        break;  // one says it
      }
    }
  }
}

void rt_throttling(const AuditFacts& facts, Judged& judged) {
  const HostSettings& settings = facts.settings();
  if (!settings.rt_runtime_us) {
    judged.unknown = "kernel.sched_rt_runtime_us can't be read";
    return;
  }
  const std::int64_t period = settings.rt_period_us.value_or(1'000'000);
  if (*settings.rt_runtime_us < 0 || *settings.rt_runtime_us >= period) {
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
    Finding& found = judged.add(
        Severity::warning, cpus,
        fmt::format("{}'s vCPUs are real-time threads, which together get {} us in each {} us",
                    vm.name, *settings.rt_runtime_us, period));
    name_vm(found, vm);
    found.evidence = {
        {"rt_runtime_us", static_cast<std::uint64_t>(*settings.rt_runtime_us)},
        {"rt_period_us", static_cast<std::uint64_t>(std::max<std::int64_t>(period, 0))}};
    found.fix = "sysctl kernel.sched_rt_runtime_us=-1";
  }
}

// Polling is for vCPUs that have a CPU for themselves.
void halt_poll(const AuditFacts& facts, Judged& judged) {
  const auto& polls = facts.settings().halt_poll_ns;
  if (!polls) {
    judged.unknown = "/sys/module/kvm/parameters/halt_poll_ns can't be read";
    return;
  }
  const CpuSet alone = common(facts.vcpu_cpus, facts.isolated);
  if (*polls != 0 || alone.empty()) {
    return;
  }
  Finding& found = judged.add(Severity::info, alone,
                              "vCPUs do not poll before they sleep, though " + cpus_text(alone) +
                                  " is theirs: each wake then comes through the scheduler");
  found.evidence = {{"halt_poll_ns", std::uint64_t{0}}};
  found.fix = "echo 200000 >/sys/module/kvm/parameters/halt_poll_ns";
}

void wfi_trap(const AuditFacts& facts, Judged& judged) {
  const HostSettings& settings = facts.settings();
  if (settings.machine != "aarch64") {
    return;
  }
  if (!settings.wfi_trap_policy) {
    judged.unknown = "/proc/cmdline can't be read";
    return;
  }
  if (*settings.wfi_trap_policy != "notrap" || settings.threads.vms.empty()) {
    return;
  }
  Finding& found = judged.add(Severity::info, facts.vcpu_cpus,
                              "WFI does not trap: idle vCPUs keep their CPU, and have no wakes");
  found.evidence = {{"wfi_trap_policy", *settings.wfi_trap_policy}};
  found.fix = "kvm-arm.wfi_trap_policy=default on the kernel's command line, unless that is meant";
}

}  // namespace

std::span<const AuditRule> vm_rules() {
  static constexpr std::array kRules{AuditRule{"vcpu_pinning", vcpu_pinning},
                                     AuditRule{"vcpu_sharing", vcpu_sharing},
                                     AuditRule{"emulator_pinning", emulator_pinning},
                                     AuditRule{"task_pinning", task_pinning},
                                     AuditRule{"poll_mode", poll_mode},
                                     AuditRule{"rt_throttling", rt_throttling},
                                     AuditRule{"halt_poll", halt_poll},
                                     AuditRule{"wfi_trap", wfi_trap}};
  return kRules;
}

}  // namespace wakepath::audit
