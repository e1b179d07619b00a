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

// The kept CPUs that the interrupt goes to. Where only its affinity is known, it counts if all of
// its CPUs are kept.
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
void add_group(const AuditFacts& facts, const Group& group, bool managed, RuleResult& result) {
  const interrupts::IrqRow& first = *group.rows.front();
  const bool idle = group.counted && group.count == 0;
  const std::string of = first.names.empty() ? "" : " of " + first.names.front();
  Finding& found = result.add(
      idle ? Severity::info : Severity::warning, group.cpus,
      fmt::format("{} {}{} {} to {}{}", group.rows.size() == 1 ? "irq" : "irqs", named(group), of,
                  group.rows.size() == 1 ? "goes" : "go", cpus_text(group.cpus),
                  !group.counted ? ""
                  : idle         ? ", but none has come there yet"
                                 : fmt::format(": {} have come there", group.count)));
  found.subject.vm = first.vm;
  found.subject.vm_pid = first.vm_pid;
  std::vector<findings::MovedIrq> irqs;
  std::string list;
  for (const interrupts::IrqRow* row : group.rows) {
    irqs.push_back({row->number.value_or(0), row->affinity});
    list += (list.empty() ? "" : ",") + row->label;
  }
  found.subject.irq = group.rows.size() == 1 ? first.label : "";
  found.subject.device = first.names.empty() ? "" : first.names.front();
  found.evidence = {{"irqs", list}, {"name", first.name}, {"managed", managed ? "yes" : "no"}};
  if (group.counted) {
    found.evidence.emplace_back("count", group.count);
  }
  found.fixes = {managed ? findings::keep_managed_irqs_off(facts.kept)
                         : findings::move_irqs(irqs, facts.others)};
}

void irq_affinity(const AuditFacts& facts, RuleResult& result) {
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
    add_group(facts, group, key.first, result);
  }
  if (!known && !facts.input.irqs->rows.empty()) {
    result.not_judged = "/proc/irq can't be read";
  }
}

void irq_default(const AuditFacts& facts, RuleResult& result) {
  const HostSettings& settings = facts.settings();
  if (!settings.irq_default) {
    result.not_judged = "/proc/irq/default_smp_affinity can't be read";
    return;
  }
  const CpuSet on = common(*settings.irq_default, facts.kept);
  if (on.empty() || facts.others.empty()) {
    return;
  }
  Finding& found = result.add(Severity::info, on, "new interrupts may go to " + cpus_text(on));
  found.evidence = {{"default_affinity", settings.irq_default->text()}};
  found.fixes = {findings::default_irq_affinity(facts.others, *settings.irq_default)};
}

void irqbalance(const AuditFacts& facts, RuleResult& result) {
  if (!facts.settings().threads.seen) {
    result.not_judged = "no process can be seen";
    return;
  }
  const auto& balancer = facts.settings().threads.irqbalance;
  if (!balancer) {
    return;
  }
  // Without a list it keeps off isolated CPUs by itself.
  const bool told = balancer->banned && !balancer->banned->empty();
  const CpuSet on = without(facts.kept, told ? *balancer->banned : facts.isolated);
  if (on.empty()) {
    return;
  }
  Finding& found = result.add(
      balancer->banned ? Severity::warning : Severity::info, on,
      fmt::format(
          "irqbalance may move interrupts to {}{}", cpus_text(on),
          balancer->banned ? "" : ", unless its environment, which can't be read, forbids it"));
  found.evidence = {{"pid", std::uint64_t{balancer->pid}}};
  if (told) {
    found.evidence.emplace_back("banned", balancer->banned->text());
  }
  if (!balancer->banned) {
    found.confidence = Confidence::look;
  }
  found.fixes = {findings::ban_irqbalance(facts.kept)};
}

}  // namespace

std::span<const AuditRule> irq_rules() {
  static constexpr std::array kRules{AuditRule{"irq_affinity", irq_affinity},
                                     AuditRule{"irq_default", irq_default},
                                     AuditRule{"irqbalance", irqbalance}};
  return kRules;
}

}  // namespace wakepath::audit
