// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/culprit.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "findings/advice.hpp"
#include "findings/blame_advice.hpp"
#include "findings/finding_list.hpp"
#include "util/duration.hpp"

namespace wakepath::findings {

namespace {

// All of these, or it is no finding: a large part of the delay, and of the slow wakes, and more
// than an interrupt or two take.
constexpr double kLeastShare = 0.2;
constexpr double kLeastGain = 0.2;
constexpr std::uint64_t kLeastGainNs = 50'000;
// On one CPU: so much of it.
constexpr double kOnOneCpu = 0.8;

// kernel/sched: below 0 deadline, below 100 real time, 120 is nice 0.
std::string priority_text(std::int32_t prio) {
  constexpr std::int32_t kRealTime = 100;
  constexpr std::int32_t kNiceZero = 120;
  return prio < 0           ? "deadline"
         : prio < kRealTime ? fmt::format("real-time priority {}", kRealTime - 1 - prio)
                            : fmt::format("nice {}", prio - kNiceZero);
}

// Own code is nobody, but a VMM that is in its way is.
bool is_somebody(const BlameRow& row) {
  return row.kind == BlameKind::self ? !row.what.empty() : row.kind != BlameKind::unexplained;
}

double part_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

bool is_same(const BlameRow& a, const BlameRow& b) {
  return a.kind == b.kind && a.what == b.what && a.tid == b.tid &&
         (a.interrupt ? a.interrupt->irq : 0) == (b.interrupt ? b.interrupt->irq : 0);
}

// The CPU on which it did nearly all of it.
std::optional<std::uint32_t> cpu_of(const BlameRow& row, const std::vector<BlameGroup>& blame) {
  for (const BlameGroup& group : blame) {
    if (!group.cpu) {
      continue;
    }
    const auto here =
        std::ranges::find_if(group.rows, [&](const BlameRow& one) { return is_same(one, row); });
    if (here != group.rows.end() && part_of(here->ns, row.ns) >= kOnOneCpu) {
      return group.cpu;
    }
  }
  return std::nullopt;
}

bool gives_much(std::optional<std::uint64_t> now, std::optional<std::uint64_t> without) {
  return now && without && *without + kLeastGainNs <= *now &&
         part_of(*now - *without, *now) >= kLeastGain;
}

bool is_finding(const BlameRow& row, const BlameGroup& all) {
  return is_somebody(row) && part_of(row.ns, all.ns) >= kLeastShare &&
         (gives_much(all.p50_ns, row.p50_without_ns) || gives_much(all.p99_ns, row.p99_without_ns));
}

// `cpus`: all that had some of it.
Fix fix_of(const BlameRow& row, std::optional<std::uint32_t> cpu, const CpuSet& cpus) {
  const std::string here = cpu ? fmt::format("CPU {}", *cpu) : std::string("the vCPUs' CPUs");
  switch (row.kind) {
    case BlameKind::task:
      return move_task(row.what, row.tid, here);
    case BlameKind::hardirq:
      return move_interrupt(row.what, row.interrupt.get(), row.worst_ns, cpu);
    case BlameKind::softirq:
      return no_command(fmt::format(
          "a softirq runs where its interrupt came: wakepath irqs says what comes to {}", here));
    case BlameKind::idle_exit:
      return forbid_idle_state(row.what, cpus);
    case BlameKind::limit:
      return look_for_limit(row.what);
    case BlameKind::self:
      return no_command(
          "vCPU threads went out to their VMM before their guests ran: wakepath live --exits says "
          "for which exits, perf trace -t THREAD what the VMM did then");
    case BlameKind::ipi:
    case BlameKind::unexplained:
      break;
  }
  return no_command(fmt::format("wakepath audit says what else runs on {}", here));
}

}  // namespace

CpuSet cpus_of(const BlameRow& row, const std::vector<BlameGroup>& blame) {
  CpuSet cpus;
  for (const BlameGroup& group : blame) {
    if (group.cpu && std::ranges::any_of(
                         group.rows, [&row](const BlameRow& one) { return is_same(one, row); })) {
      cpus.add(*group.cpu);
    }
  }
  return cpus;
}

std::string culprit_name(const BlameRow& row) {
  std::string details;
  const auto add = [&details](const std::string& detail) {
    details += (details.empty() ? "" : ", ") + detail;
  };
  if (row.tid) {
    add(fmt::format("tid {}", *row.tid));
  }
  if (row.prio) {
    add(priority_text(*row.prio));
  }
  const Interrupt* const interrupt = row.interrupt.get();
  if (interrupt != nullptr && interrupt->irq != WP_IRQ_UNKNOWN) {
    add(fmt::format("irq {}", interrupt->irq));
  }
  std::string name = row.what.empty() ? "?" : row.what;
  // Behind the action's name stands the callback that ran in it.
  if (interrupt != nullptr && !interrupt->device_or_address().empty() &&
      row.what.starts_with(interrupt->action)) {
    name = interrupt->device_or_address() + row.what.substr(interrupt->action.size());
  }
  switch (row.kind) {
    case BlameKind::self:
      return row.what.empty() ? "own code" : row.what + " in user space";
    case BlameKind::unexplained:
      return row.what.empty() ? "not explained" : fmt::format("not explained ({})", row.what);
    case BlameKind::hardirq:
      name = "interrupt " + name;
      break;
    case BlameKind::softirq:
      name = "softirq " + name;
      break;
    case BlameKind::ipi:
      name = "IPI " + name;
      break;
    case BlameKind::idle_exit:
      name = "exit from " + name;
      break;
    case BlameKind::task:
    case BlameKind::limit:
      break;
  }
  return details.empty() ? name : fmt::format("{} ({})", name, details);
}

std::string thread_of(const std::string& what) {
  return what.starts_with("kworker/") ? what.substr(0, what.find(": ")) : what;
}

std::string gain_text(const Effect& effect) {
  std::string text;
  const auto add = [&text](std::string_view name, std::optional<std::uint64_t> now,
                           std::optional<std::uint64_t> without) {
    if (!now || !without) {
      return;
    }
    const std::string before = format_duration(*now);
    const std::string after = format_duration(*without);
    if (before != after) {
      text += fmt::format("{}{} {} -> {}", text.empty() ? "" : ", ", name, before, after);
    }
  };
  add("p50", effect.p50_ns, effect.p50_without_ns);
  add("p99", effect.p99_ns, effect.p99_without_ns);
  return text;
}

std::string sure_text(const Effect& effect) {
  const auto signed_text = [](std::int64_t ns) {
    const auto size = static_cast<std::uint64_t>(ns < 0 ? -ns : ns);
    return fmt::format("{}{}", ns < 0 ? "-" : ns > 0 ? "+" : "", format_duration(size));
  };
  std::string text;
  const auto add = [&](std::string_view name, const std::optional<ChangeInterval>& change) {
    if (change) {
      text += fmt::format("{}{} {} .. {}", text.empty() ? "; 95%: " : ", ", name,
                          signed_text(change->low_ns), signed_text(change->high_ns));
    }
  };
  add("p50", effect.p50_change);
  add("p99", effect.p99_change);
  return text;
}

std::vector<Finding> culprits(const std::vector<BlameGroup>& blame, const SureOf& sure_of) {
  std::vector<Finding> out;
  if (blame.empty() || blame.front().wakes < kLeastBlamedWakes) {
    return out;
  }
  const BlameGroup& all = blame.front();
  std::vector<const BlameRow*> rows;
  for (const BlameRow& row : all.rows) {
    if (is_finding(row, all)) {
      rows.push_back(&row);
    }
  }
  std::ranges::stable_sort(rows, {}, [](const BlameRow* row) {
    return std::pair(row->p50_without_ns, row->p99_without_ns);
  });
  for (const BlameRow* const row : rows) {
    const auto cpu = cpu_of(*row, blame);
    Finding& finding = out.emplace_back();
    finding.rule = "culprit";
    finding.severity = Severity::warning;
    finding.confidence =
        row->kind == BlameKind::task && is_tracer(row->what) ? Confidence::look : Confidence::high;
    finding.subject.cpus = cpu ? std::to_string(*cpu) : std::string();
    finding.subject.tid = row->tid;
    finding.subject.comm = row->kind == BlameKind::task ? thread_of(row->what) : std::string();
    if (row->interrupt) {
      finding.subject.irq = std::to_string(row->interrupt->irq);
      finding.subject.device = row->interrupt->device_or_address();
    }
    finding.effect = {all.p50_ns, row->p50_without_ns, all.p99_ns, row->p99_without_ns, row->wakes};
    if (sure_of) {
      sure_of(*row, finding.effect);
    }
    finding.text = fmt::format(
        "{}{} held up {} of {} wakes, {:.0f}% of all delay (without it {}{})", culprit_name(*row),
        cpu ? fmt::format(" on CPU {}", *cpu) : "", row->wakes, all.wakes,
        part_of(row->ns, all.ns) * 100, gain_text(finding.effect), sure_text(finding.effect));
    finding.evidence = {{"ns", row->ns},
                        {"of_ns", all.ns},
                        {"wakes", row->wakes},
                        {"of_wakes", all.wakes},
                        {"worst_ns", row->worst_ns}};
    finding.fixes = {fix_of(*row, cpu, cpus_of(*row, blame))};
  }
  return out;
}

}  // namespace wakepath::findings
