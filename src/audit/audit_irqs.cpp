// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of an audit: where interrupts go.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "audit/audit_facts.hpp"

namespace wakepath::audit {
namespace {

using host::HostSettings;

constexpr std::size_t kNamed = 3;  // of a device's interrupts

struct Group {
  std::vector<const interrupts::IrqRow*> rows;
  CpuSet cpus;
  std::uint64_t count{};
  bool counted{true};
};

std::uint64_t count_on(const interrupts::IrqRow& row, const CpuSet& cpus) {
  std::uint64_t sum = 0;
  for (const host::CpuCount& one : row.counts) {
    sum += cpus.contains(one.cpu) ? one.count : 0;
  }
  return sum;
}

// The CPUs that it goes to, of those that are kept. Where only what it may do is known: all of its
// CPUs are.
CpuSet kept_cpus_of(const interrupts::IrqRow& row, const CpuSet& kept) {
  if (const auto effective = CpuSet::parse(row.effective); effective && !effective->empty()) {
    return common(*effective, kept);
  }
  const auto allowed = CpuSet::parse(row.affinity);
  return allowed && without(*allowed, kept).empty() ? *allowed : CpuSet{};
}

std::string named(const Group& group) {
  std::string text;
  for (std::size_t i = 0; i < std::min(kNamed, group.rows.size()); ++i) {
    const interrupts::IrqRow& row = *group.rows[i];
    const std::string name = row.name.empty() ? "no name" : row.name;
    text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", row.label, name);
  }
  return text + (group.rows.size() > kNamed ? ", .." : "");
}

// One finding for a device's interrupts: a disk has as many as there are CPUs.
void add_group(const AuditFacts& facts, const Group& group, bool managed, Judged& judged) {
  const interrupts::IrqRow& first = *group.rows.front();
  const bool idle = group.counted && group.count == 0;
  const std::string of = first.names.empty() ? "" : " of " + first.names.front();
  Finding& found = judged.add(
      idle ? Severity::info : Severity::warning, group.cpus,
      fmt::format("{} {}{} {} to {}{}", group.rows.size() == 1 ? "irq" : "irqs", named(group), of,
                  group.rows.size() == 1 ? "goes" : "go", cpus_text(group.cpus),
                  !group.counted ? ""
                  : idle         ? ", but none has come there yet"
                                 : fmt::format(": {} have come there", group.count)));
  found.vm = first.vm;
  found.vm_pid = first.vm_pid;
  std::vector<std::uint32_t> numbers;
  std::string list;
  for (const interrupts::IrqRow* row : group.rows) {
    numbers.push_back(row->number.value_or(0));
    list += (list.empty() ? "" : ",") + row->label;
  }
  found.evidence = {{"irqs", list}, {"name", first.name}, {"managed", managed ? "yes" : "no"}};
  if (group.counted) {
    found.evidence.emplace_back("count", group.count);
  }
  if (managed) {
    found.fix = fmt::format("isolcpus=managed_irq,domain,{} on the kernel's command line",
                            facts.kept.text());
  } else {
    found.fix = move_irqs_command(numbers, facts.others);
  }
}

void irq_affinity(const AuditFacts& facts, Judged& judged) {
  std::map<std::pair<bool, std::string>, Group> groups;
  bool known = false;
  for (const interrupts::IrqRow& row : facts.input.irqs->rows) {
    if (row.kind != interrupts::IrqRow::Kind::device || !row.number) {
      continue;
    }
    known = known || !row.effective.empty() || !row.affinity.empty();
    const CpuSet on = kept_cpus_of(row, facts.kept);
    if (on.empty() || facts.seen_irqs.contains(*row.number)) {
      continue;
    }
    const std::string device = row.pci.empty() ? row.address : row.pci;
    Group& group = groups[{row.managed == true, device.empty() ? row.label : device}];
    group.rows.push_back(&row);
    group.cpus = united(group.cpus, on);
    group.counted = group.counted && row.total && row.by_cpu;
    group.count += count_on(row, on);
  }
  for (const auto& [key, group] : groups) {
    add_group(facts, group, key.first, judged);
  }
  if (!known && !facts.input.irqs->rows.empty()) {
    judged.unknown = "/proc/irq can't be read";
  }
}

void irq_default(const AuditFacts& facts, Judged& judged) {
  const HostSettings& settings = facts.settings();
  if (!settings.irq_default) {
    judged.unknown = "/proc/irq/default_smp_affinity can't be read";
    return;
  }
  const CpuSet on = common(*settings.irq_default, facts.kept);
  if (on.empty() || facts.others.empty()) {
    return;
  }
  Finding& found = judged.add(Severity::info, on, "new interrupts may go to " + cpus_text(on));
  found.evidence = {{"default_affinity", settings.irq_default->text()}};
  found.fix = fmt::format(
      "echo {} >/proc/irq/default_smp_affinity; and irqaffinity={} on the "
      "kernel's command line",
      host::cpu_mask(facts.others), facts.others.text());
}

void irqbalance(const AuditFacts& facts, Judged& judged) {
  if (!facts.settings().threads.seen) {
    judged.unknown = "no process can be seen";
    return;
  }
  const auto& balancer = facts.settings().threads.irqbalance;
  if (!balancer) {
    return;
  }
  // Told nothing, it keeps off isolated CPUs by itself.
  const bool told = balancer->banned && !balancer->banned->empty();
  const CpuSet on = without(facts.kept, told ? *balancer->banned : facts.isolated);
  if (on.empty()) {
    return;
  }
  Finding& found = judged.add(
      balancer->banned ? Severity::warning : Severity::info, on,
      fmt::format(
          "irqbalance may move interrupts to {}{}", cpus_text(on),
          balancer->banned ? "" : ", unless its environment, which can't be read, forbids it"));
  found.evidence = {{"pid", std::uint64_t{balancer->pid}}};
  if (told) {
    found.evidence.emplace_back("banned", balancer->banned->text());
  }
  found.fix = fmt::format(
      "IRQBALANCE_BANNED_CPULIST={} in /etc/default/irqbalance; systemctl "
      "restart irqbalance",
      facts.kept.text());
}

}  // namespace

std::span<const AuditRule> irq_rules() {
  static constexpr std::array kRules{AuditRule{"irq_affinity", irq_affinity},
                                     AuditRule{"irq_default", irq_default},
                                     AuditRule{"irqbalance", irqbalance}};
  return kRules;
}

}  // namespace wakepath::audit
