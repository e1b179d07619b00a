// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of an audit: where the threads of VMs may run.
#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "audit/audit_facts.hpp"
#include "util/count_text.hpp"

namespace wakepath::audit {
namespace {

using host::VmRole;
using host::VmThread;
using host::VmThreads;

CpuSet cpus_of(const VmThreads& vm, VmRole role) {
  CpuSet cpus;
  for (const VmThread& one : vm.threads) {
    if (one.role == role && one.thread.allowed) {
      cpus = united(cpus, *one.thread.allowed);
    }
  }
  return cpus;
}

// A vCPU thread that is to have a CPU for itself.
struct VcpuOf {
  const VmThreads* vm{};
  const VmThread* vcpu{};
};

// "CPU 3/KVM", "fc_vcpu 3", "vcpu3": 3.
std::optional<std::uint32_t> number_of(const std::string& comm) {
  const std::size_t digits = comm.find_first_of("0123456789");
  std::uint32_t number = 0;
  if (digits == std::string::npos ||
      std::from_chars(comm.data() + digits, comm.data() + comm.size(), number).ec != std::errc{}) {
    return std::nullopt;
  }
  return number;
}

// CPUs that a vCPU may have for itself: isolated ones where there are any.
CpuSet free_cpus(const AuditFacts& facts) {
  const CpuSet online = facts.settings().online.value_or(CpuSet{});
  const CpuSet taken = united(facts.poll_cpus, host::pinned_vcpu_cpus(facts.settings()));
  return without(facts.isolated.empty() ? online : common(facts.isolated, online), taken);
}

// A CPU of `free` for each of these vCPUs; what is given away is no longer free.
Fix give_cpus(const std::vector<VcpuOf>& vcpus, CpuSet& free, const AuditFacts& facts) {
  const std::vector<std::uint32_t> cpus = free.list();
  if (cpus.size() < vcpus.size()) {
    return findings::no_command(
        fmt::format("{} for {}: isolate more CPUs first",
                    cpus.empty() ? "no CPU is free" : "only CPUs " + free.text() + " are free",
                    count_text(vcpus.size(), "vCPU")));
  }
  Fix fix;
  for (std::size_t i = 0; i < vcpus.size(); ++i) {
    const auto& [vm, vcpu] = vcpus[i];
    const auto number = number_of(vcpu->thread.comm);
    findings::VmTarget target = target_of(*vm, facts);
    target.virsh = target.virsh && number;
    fix = findings::in_turn(
        fix, findings::pin_vcpu(target, number.value_or(0), pinned_now(vcpu->thread), cpus[i]));
    free.remove(cpus[i]);
  }
  return fix;
}

std::vector<VcpuOf> vcpus_of(const VmThreads& vm) {
  std::vector<VcpuOf> vcpus;
  for (const VmThread& one : vm.threads) {
    if (one.role == VmRole::vcpu) {
      vcpus.push_back({&vm, &one});
    }
  }
  return vcpus;
}

// On a host that isolates CPUs: vCPUs that run elsewhere. On any host: vCPUs that are pinned to
// CPUs on which everybody else may run too.
void vcpu_pinning(const AuditFacts& facts, RuleResult& result) {
  result.not_judged = no_threads_known(facts);
  if (!result.not_judged.empty()) {
    return;
  }
  CpuSet free = free_cpus(facts);
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
    Finding& found = result.add(
        Severity::info, exposed,
        pinned ? fmt::format("{}'s vCPUs are pinned to {}, where all others may run too",
                             label_of(vm, facts), cpus_text(exposed))
               : fmt::format("{} is isolated, but {}'s vCPUs run on {} with all others",
                             cpus_text(facts.isolated), label_of(vm, facts), cpus_text(exposed)));
    name_vm(found, vm);
    found.confidence = Confidence::look;
    found.evidence = {{"vcpu_cpus", cpus.text()}, {"isolated", facts.isolated.text()}};
    if (vm.cpuset) {
      found.evidence.emplace_back("cpuset", vm.cpuset->text());
    }
    found.fixes = {pinned ? findings::isolate(united(cpus, facts.isolated))
                          : give_cpus(vcpus_of(vm), free, facts)};
  }
}

void vcpu_sharing(const AuditFacts& facts, RuleResult& result) {
  result.not_judged = no_threads_known(facts);
  if (!result.not_judged.empty()) {
    return;
  }
  std::map<std::uint32_t, std::vector<VcpuOf>> owners;
  for (const VmThreads& vm : facts.settings().threads.vms) {
    for (const VcpuOf& one : vcpus_of(vm)) {
      const auto& allowed = one.vcpu->thread.allowed;
      if (allowed && allowed->size() == 1 && facts.vcpu_cpus.contains(allowed->list().front())) {
        owners[allowed->list().front()].push_back(one);
      }
    }
  }
  CpuSet free = free_cpus(facts);
  const std::uint64_t polls = facts.settings().halt_poll_ns.value_or(0);
  for (const auto& [cpu, vcpus] : owners) {
    if (vcpus.size() < 2) {
      continue;
    }
    CpuSet on;
    on.add(cpu);
    std::string names;
    for (const VcpuOf& one : vcpus) {
      names += (names.empty() ? "" : ", ") + label_of(*one.vm, facts);
    }
    Finding& found = result.add(
        Severity::warning, on,
        fmt::format("{} vCPUs are pinned to CPU {}: {}{}", vcpus.size(), cpu, names,
                    polls == 0 ? "" : "; and halt polling lets one wait for nothing there"));
    const VmThreads* const first = vcpus.front().vm;
    if (std::ranges::all_of(vcpus, [&](const VcpuOf& one) { return one.vm == first; })) {
      name_vm(found, *first);
    }
    found.evidence = {{"vcpus", std::uint64_t{vcpus.size()}}, {"halt_poll_ns", polls}};
    // One of them keeps the CPU.
    found.fixes = {give_cpus({std::next(vcpus.begin()), vcpus.end()}, free, facts)};
  }
}

// Emulator, iothreads and vhost on CPUs that vCPUs are pinned to, of this VM or of another one.
void emulator_pinning(const AuditFacts& facts, RuleResult& result) {
  result.not_judged = no_threads_known(facts);
  if (!result.not_judged.empty()) {
    return;
  }
  constexpr std::size_t kNamesShown = 3;
  for (const VmThreads& vm : facts.settings().threads.vms) {
    if (!facts.wants(vm.name)) {
      continue;
    }
    std::vector<findings::PinnedThread> emulator, iothreads;
    CpuSet on;
    std::string names;
    std::size_t count = 0;
    for (const VmThread& one : vm.threads) {
      if (one.role == VmRole::vcpu || facts.seen_tids.contains(one.thread.tid) ||
          !may_run_on(one.thread, facts.vcpu_cpus, facts)) {
        continue;
      }
      on = united(on, common(*one.thread.allowed, facts.vcpu_cpus));
      if (count < kNamesShown) {
        names += (count == 0 ? "" : ", ") + one.thread.comm;
      }
      ++count;
      (one.role == VmRole::iothread ? iothreads : emulator).push_back(pinned_now(one.thread));
    }
    if (count == 0) {
      continue;
    }
    Finding& found = result.add(
        Severity::warning, on,
        fmt::format("{} of {}'s threads beside its vCPUs may run on vCPUs' {}: {}{}", count,
                    label_of(vm, facts), cpus_text(on), names, count > kNamesShown ? ", .." : ""));
    name_vm(found, vm);
    found.evidence = {{"threads", std::uint64_t{count}}, {"names", names}};
    found.fixes = {findings::pin_emulator(target_of(vm, facts), emulator, iothreads, facts.others)};
  }
}

}  // namespace

std::span<const AuditRule> vm_rules() {
  static constexpr std::array kRules{
      AuditRule{"vcpu_pinning", Severity::info, vcpu_pinning},
      AuditRule{"vcpu_sharing", Severity::warning, vcpu_sharing},
      AuditRule{"emulator_pinning", Severity::warning, emulator_pinning}};
  return kRules;
}

}  // namespace wakepath::audit
