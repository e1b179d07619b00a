// SPDX-License-Identifier: GPL-2.0-or-later
// Rules of an audit: where interrupts go.
#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "audit/audit_facts.hpp"
#include "util/count_text.hpp"

namespace wakepath::audit {
namespace {

using host::HostSettings;

constexpr std::string_view kNoInterrupts = "interrupts can't be read";
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

// Where an interrupt goes, of the kept CPUs.
struct Goes {
  CpuSet cpus;
  bool by_counts{};  // nothing but the counts tells it
};

// Where only its affinity is known, it goes where it came, unless all of its CPUs are kept.
Goes kept_cpus_of(const interrupts::IrqRow& row, const CpuSet& kept) {
  if (const auto effective = CpuSet::parse(row.effective); effective && !effective->empty()) {
    return {common(*effective, kept), false};
  }
  const auto allowed = CpuSet::parse(row.affinity);
  const bool known = allowed && !allowed->empty();
  if (known && without(*allowed, kept).empty()) {
    return {*allowed, false};
  }
  Goes goes{{}, true};
  for (const host::CpuCount& one : row.counts) {
    if (row.by_cpu && kept.contains(one.cpu) && (!known || allowed->contains(one.cpu))) {
      goes.cpus.add(one.cpu);
    }
  }
  return goes;
}

std::string first_few(const Group& group, std::string (*text)(const interrupts::IrqRow&)) {
  std::string all;
  for (std::size_t i = 0; i < std::min(kNamed, group.rows.size()); ++i) {
    all += (i == 0 ? "" : ", ") + text(*group.rows[i]);
  }
  return all + (group.rows.size() > kNamed ? ", .." : "");
}

std::string label_of(const interrupts::IrqRow& row) { return row.label; }
std::string name_of_row(const interrupts::IrqRow& row) {
  return row.name.empty() ? "no name" : row.name;
}
std::string label_and_name(const interrupts::IrqRow& row) {
  return fmt::format("{} ({})", row.label, name_of_row(row));
}

// "irqs 70 (nvme0q1), 71 (nvme0q2) of nvme0 go to CPUs 2-3: 5 have come there"
std::string text_of(const Group& group, const std::string& of) {
  const bool one = group.rows.size() == 1;
  return fmt::format("{} {}{} {} to {}{}", one ? "irq" : "irqs", first_few(group, label_and_name),
                     of, one ? "goes" : "go", cpus_text(group.cpus),
                     !group.counted     ? ""
                     : group.count == 0 ? ", but none has come there yet"
                                        : fmt::format(": {} have come there", group.count));
}

// "645194 interrupts of irq 16 came to isolated CPUs 2-3 (ehci_hcd:usb1)"
std::string text_by_counts(const AuditFacts& facts, const Group& group, const std::string& of) {
  return fmt::format("{} of {} {}{} came to {}{} ({})", count_text(group.count, "interrupt"),
                     group.rows.size() == 1 ? "irq" : "irqs", first_few(group, label_of), of,
                     without(group.cpus, facts.isolated).empty() ? "isolated " : "",
                     cpus_text(group.cpus), first_few(group, name_of_row));
}

std::string managed_text(const interrupts::IrqRow& row) {
  return !row.managed ? row.message ? "unknown" : "no" : *row.managed ? "yes" : "no";
}

// One finding for a device's interrupts: a disk has as many as there are CPUs.
void add_group(const AuditFacts& facts, const Group& group, bool by_counts, RuleResult& result) {
  const interrupts::IrqRow& first = *group.rows.front();
  const bool idle = group.counted && group.count == 0;
  const std::string of = first.names.empty() ? "" : " of " + first.names.front();
  Finding& found = result.add(idle ? Severity::info : Severity::warning, group.cpus,
                              by_counts ? text_by_counts(facts, group, of) : text_of(group, of));
  found.subject.vm = first.vm;
  found.subject.vm_pid = first.vm_pid;
  std::string list;
  bool allowed = true;
  for (const interrupts::IrqRow* row : group.rows) {
    list += (list.empty() ? "" : ",") + row->label;
    allowed = allowed && !row->affinity.empty();
  }
  // Counts are since the boot: it may have been moved.
  found.confidence = by_counts && !allowed ? Confidence::medium : Confidence::high;
  found.subject.irq = group.rows.size() == 1 ? first.label : "";
  found.subject.device = first.names.empty() ? "" : first.names.front();
  found.evidence = {{"irqs", list}, {"name", first.name}, {"managed", managed_text(first)}};
  if (by_counts && group.rows.size() == 1 && allowed) {
    found.evidence.emplace_back("affinity", first.affinity);
  }
  if (group.counted) {
    found.evidence.emplace_back("count", group.count);
  }
  found.fixes = {move_irqs(group.rows, facts)};
}

void irq_affinity(const AuditFacts& facts, RuleResult& result) {
  if (facts.input.irqs == nullptr) {
    result.not_judged = kNoInterrupts;
    return;
  }
  // By what may be done about it, what tells of it, and the device.
  std::map<std::tuple<std::string, bool, std::string>, Group> groups;
  bool known = false;
  for (const interrupts::IrqRow& row : facts.input.irqs->rows) {
    if (row.kind != interrupts::IrqRow::Kind::device || !row.number) {
      continue;
    }
    known = known || !row.effective.empty() || !row.affinity.empty() || (row.by_cpu && row.total);
    const Goes goes = kept_cpus_of(row, facts.kept);
    if (goes.cpus.empty() || facts.seen_irqs.contains(*row.number)) {
      continue;
    }
    const std::string device = row.pci.empty() ? row.address : row.pci;
    Group& group = groups[{managed_text(row), goes.by_counts, device.empty() ? row.label : device}];
    group.rows.push_back(&row);
    group.cpus = united(group.cpus, goes.cpus);
    group.counted = group.counted && row.total && row.by_cpu;
    group.count += count_on(row, goes.cpus);
  }
  for (const auto& [key, group] : groups) {
    add_group(facts, group, std::get<bool>(key), result);
  }
  if (!known && !facts.input.irqs->rows.empty()) {
    result.not_judged = "neither /proc/irq nor the counts can be read";
  } else if (facts.kept.empty()) {
    result.not_judged = facts.kept_unknown;
  }
}

// The list that the kernel was told for interrupts; null: none.
const host::CpuOption* irqaffinity(const HostSettings& settings) {
  if (!settings.cpu_options) {
    return nullptr;
  }
  const auto found =
      std::ranges::find(*settings.cpu_options, "irqaffinity", &host::CpuOption::name);
  return found != settings.cpu_options->end() && found->cpus && !found->cpus->empty() ? &*found
                                                                                      : nullptr;
}

void irq_default(const AuditFacts& facts, RuleResult& result) {
  const HostSettings& settings = facts.settings();
  const host::CpuOption* const option = irqaffinity(settings);
  if (!settings.irq_default && option == nullptr) {
    result.not_judged = "/proc/irq/default_smp_affinity can't be read";
    return;
  }
  const CpuSet on_default = common(settings.irq_default.value_or(CpuSet{}), facts.kept);
  const CpuSet asked =
      option == nullptr ? CpuSet{} : certain(common(*option->cpus, facts.kept), facts);
  if (!asked.empty()) {
    Finding& found =
        result.add(Severity::warning, asked,
                   fmt::format("irqaffinity={} lets interrupts go to {}, which {} kept free",
                               option->text, cpus_text(asked), asked.size() == 1 ? "is" : "are"));
    found.evidence = {{"irqaffinity", option->text}, {"cpus", kernel_list(asked)}};
    found.fixes = {findings::boot_irq_affinity(
        facts.others.empty() ? without(*option->cpus, facts.kept) : facts.others, asked)};
    if (!on_default.empty() && !facts.others.empty()) {
      found.fixes.push_back(findings::default_irq_affinity(facts.others, *settings.irq_default));
    }
    return;
  }
  if (facts.kept.empty() || on_default.empty() || facts.others.empty()) {
    result.not_judged = facts.kept.empty()                        ? facts.kept_unknown
                        : !on_default.empty() && !settings.online ? kNoOnline
                                                                  : std::string_view{};
    return;
  }
  Finding& found =
      result.add(Severity::info, on_default, "new interrupts may go to " + cpus_text(on_default));
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
    result.not_judged = facts.kept_unknown;
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
  static constexpr std::array kRules{AuditRule{"irq_affinity", Severity::warning, irq_affinity},
                                     AuditRule{"irq_default", Severity::warning, irq_default},
                                     AuditRule{"irqbalance", Severity::warning, irqbalance}};
  return kRules;
}

}  // namespace wakepath::audit
