// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of an audit: what moves or merges a guest's memory under it.
#include <array>
#include <string>

#include <fmt/format.h>

#include "audit/audit_facts.hpp"

namespace wakepath::audit {
namespace {

using host::HostSettings;

constexpr std::string_view kNoNodes = "/sys/devices/system/node can't be read";

// A kernel without NUMA has no nodes, but shows its CPUs.
bool nodes_unknown(const HostSettings& settings) {
  return settings.nodes.empty() && !settings.cpus_seen;
}

bool has_vms(const AuditFacts& facts) { return !facts.settings().threads.vms.empty(); }

void ksm(const AuditFacts& facts, RuleResult& result) {
  const HostSettings& settings = facts.settings();
  if (!settings.ksm_run) {
    result.not_judged = settings.mm_seen ? "" : "/sys/kernel/mm/ksm/run can't be read";
    return;
  }
  if (*settings.ksm_run != 1 || (facts.kept.empty() && !has_vms(facts))) {
    result.not_judged = *settings.ksm_run != 1 ? "" : facts.kept_unknown;
    return;
  }
  Finding& found =
      result.add(facts.kept.empty() ? Severity::info : Severity::warning, {},
                 "KSM merges guests' memory: a write to a merged page stalls its vCPU");
  if (settings.ksm_pages_sharing) {
    found.evidence = {{"pages_sharing", *settings.ksm_pages_sharing}};
  }
  found.fixes = {findings::write_file("/sys/kernel/mm/ksm/run", "2", "1")};
}

void thp(const AuditFacts& facts, RuleResult& result) {
  const HostSettings& settings = facts.settings();
  if (settings.thp_defrag.empty()) {
    result.not_judged = settings.mm_seen ? "" : "/sys/kernel/mm/transparent_hugepage can't be read";
    return;
  }
  const bool waits = settings.thp_defrag == "always" && settings.thp_enabled != "never";
  if (!waits || facts.kept.empty()) {
    result.not_judged = waits ? facts.kept_unknown : "";
    return;
  }
  Finding& found =
      result.add(Severity::info, {}, "a fault waits until memory is compacted for a huge page");
  found.evidence = {{"enabled", settings.thp_enabled}, {"defrag", settings.thp_defrag}};
  found.fixes = {findings::write_file("/sys/kernel/mm/transparent_hugepage/defrag", "madvise",
                                      settings.thp_defrag)};
}

void numa_balancing(const AuditFacts& facts, RuleResult& result) {
  const HostSettings& settings = facts.settings();
  if (!settings.numa_balancing) {
    // A kernel that can't do it has no such setting, but has those beside it.
    result.not_judged = nodes_unknown(settings) ? kNoNodes
                        : settings.nodes.size() > 1 && !settings.rt_runtime_us
                            ? "kernel.numa_balancing can't be read"
                            : "";
    return;
  }
  const bool balances = *settings.numa_balancing != 0;
  if (!balances || settings.nodes.size() < 2 || facts.vcpu_cpus.empty()) {
    result.not_judged = !balances                   ? ""
                        : nodes_unknown(settings)   ? kNoNodes
                        : settings.nodes.size() < 2 ? ""
                                                    : no_threads_known(facts);
    return;
  }
  Finding& found = result.add(Severity::warning, facts.vcpu_cpus,
                              "NUMA balancing unmaps guests' memory to see who uses it, though "
                              "their vCPUs are pinned");
  found.evidence = {{"numa_balancing", *settings.numa_balancing},
                    {"nodes", std::uint64_t{settings.nodes.size()}}};
  found.fixes = {
      findings::sysctl("kernel.numa_balancing", "0", std::to_string(*settings.numa_balancing))};
}

// vCPUs on more than one node, or on one that the VM's memory does not come from.
void numa_placement(const AuditFacts& facts, RuleResult& result) {
  const HostSettings& settings = facts.settings();
  result.not_judged = nodes_unknown(settings)     ? kNoNodes
                      : settings.nodes.size() < 2 ? ""
                                                  : no_threads_known(facts);
  if (settings.nodes.size() < 2) {
    return;
  }
  for (const host::VmThreads& vm : settings.threads.vms) {
    CpuSet cpus;
    for (const host::VmThread& one : vm.threads) {
      if (one.role == host::VmRole::vcpu && one.thread.allowed) {
        cpus = united(cpus, *one.thread.allowed);
      }
    }
    CpuSet nodes;
    for (const host::NumaNode& node : settings.nodes) {
      if (!common(node.cpus, cpus).empty()) {
        nodes.add(node.number);
      }
    }
    const bool pinned = !common(cpus, facts.vcpu_cpus).empty();
    if (!facts.wants(vm.name) || !pinned || !vm.mem_nodes ||
        without(*vm.mem_nodes, nodes).empty()) {
      continue;
    }
    Finding& found = result.add(
        Severity::info, cpus,
        fmt::format("{}'s vCPUs are on {} {}, its memory may come from {}", label_of(vm, facts),
                    nodes.size() == 1 ? "node" : "nodes", nodes.text(), vm.mem_nodes->text()));
    name_vm(found, vm);
    found.confidence = Confidence::look;
    found.evidence = {{"cpu_nodes", nodes.text()}, {"memory_nodes", vm.mem_nodes->text()}};
    found.fixes = {findings::move_memory(target_of(vm, facts), *vm.mem_nodes, nodes)};
  }
}

}  // namespace

std::span<const AuditRule> memory_rules() {
  static constexpr std::array kRules{AuditRule{"ksm", Severity::warning, ksm},
                                     AuditRule{"thp", Severity::info, thp},
                                     AuditRule{"numa_balancing", Severity::warning, numa_balancing},
                                     AuditRule{"numa_placement", Severity::info, numa_placement}};
  return kRules;
}

}  // namespace wakepath::audit
