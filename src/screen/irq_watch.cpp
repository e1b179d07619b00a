// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/irq_watch.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "present/view.hpp"
#include "screen/brief.hpp"

namespace wakepath::screen {

namespace {

using interrupts::IrqRow;

struct CpuRate {
  std::uint32_t cpu{};
  double rate{};
};

std::string name_of_irq(const IrqRow& row) {
  return row.names.empty() ? row.name : row.names.front() + " " + row.name;
}

// The fastest first; those that count nothing are left out.
std::vector<CpuRate> rates_of(const IrqRow& row, const std::map<std::uint32_t, std::uint64_t>& then,
                              double seconds) {
  std::vector<CpuRate> rates;
  for (const host::CpuCount& one : row.counts) {
    const auto found = then.find(one.cpu);
    const std::uint64_t before = found == then.end() ? 0 : found->second;
    if (one.count > before && seconds > 0) {
      rates.push_back({one.cpu, static_cast<double>(one.count - before) / seconds});
    }
  }
  std::ranges::stable_sort(rates, std::greater{}, &CpuRate::rate);
  return rates;
}

std::string busiest_cpus(const std::vector<CpuRate>& rates, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(rates.size(), most); ++i) {
    text += fmt::format("{}{}:{}", i == 0 ? "" : " ", rates[i].cpu, brief_rate(rates[i].rate));
  }
  return text + (rates.size() > most ? " .." : "");
}

std::string counts_text(const IrqRow& row) {
  constexpr std::size_t kMost = 24;
  std::string text;
  for (std::size_t i = 0; i < std::min(row.counts.size(), kMost); ++i) {
    text += fmt::format("{}{}:{}", i == 0 ? "" : " ", row.counts[i].cpu,
                        brief_count(row.counts[i].count));
  }
  return text + (row.counts.size() > kMost ? " .." : "");
}

bool has_no_choice(const IrqRow& row) {
  return row.kind == IrqRow::Kind::per_cpu || row.kind == IrqRow::Kind::ipi;
}

std::vector<std::string> detail_of(const IrqRow& row, const std::vector<CpuRate>& rates) {
  constexpr std::size_t kMost = 24;
  std::vector<std::string> lines{fmt::format("irq {}  {}", row.label, name_of_irq(row))};
  const std::string device = row.device.empty() ? row.about : row.device;
  if (!device.empty() || !row.driver.empty()) {
    lines.push_back(
        fmt::format("is     {}{}{}", row.driver, row.driver.empty() ? "" : ": ", device));
  }
  lines.push_back(has_no_choice(row)
                      ? std::string("each CPU has its own")
                      : fmt::format("goes   to {}, may go to {}{}", present::or_dash(row.effective),
                                    present::or_dash(row.affinity),
                                    row.managed == true ? " (managed: nobody can move it)" : ""));
  // These may be long, and come last: there is room for a few lines.
  lines.push_back("rates  " + (rates.empty() ? "none came" : busiest_cpus(rates, kMost)));
  lines.push_back("counts " + (row.counts.empty() ? "it never came" : counts_text(row)));
  return lines;
}

}  // namespace

std::vector<std::string> IrqWatch::help() {
  return {
      "/s: how many came in a second, since the look before.",
      "by CPU: the CPUs they came to, and how many in a second; the lines of the chosen one have "
      "more.",
      "wakepath irqs move sends one elsewhere."};
}

void IrqWatch::note(std::uint64_t since_ns, const std::string& text) {
  constexpr std::size_t kMost = 256;
  changes_.push_front(fmt::format("+{}  {}", clock_text(since_ns), text));
  if (changes_.size() > kMost) {
    changes_.pop_back();
  }
}

void IrqWatch::compare(const IrqRow& row, const Before& before, std::uint64_t since_ns) {
  const std::string who = fmt::format("irq {} ({})", row.label, name_of_irq(row));
  if (row.effective != before.effective) {
    note(since_ns, fmt::format("{} goes to {} now, not to {}", who, present::or_dash(row.effective),
                               present::or_dash(before.effective)));
  }
  if (row.affinity != before.affinity) {
    note(since_ns, fmt::format("{} may go to {} now, before to {}", who,
                               present::or_dash(row.affinity), present::or_dash(before.affinity)));
  }
}

WatchLook IrqWatch::look(const interrupts::IrqReport& report, double seconds,
                         std::uint64_t since_ns) {
  WatchLook look;
  look.columns = {{"irq", 7, true, 2, 0},       {"/s", 7, true, 0, 0},
                  {"count", 7, true, 1, 0},     {"by CPU", 18, false, {}, 0},
                  {"goes to", 8, false, {}, 0}, {"may go to", 14, false, {}, 100},
                  {"what", 0, false, 3, 0}};
  look.orders = {"rate", "count", "irq", "name"};
  std::map<std::string, Before> now;
  double all = 0;
  std::size_t row_number = 0;
  std::vector<std::string> names;
  for (const IrqRow& row : report.rows) {
    names.push_back(name_of_irq(row));
  }
  std::ranges::sort(names);
  for (const IrqRow& row : report.rows) {
    Before& kept = now[row.label];
    for (const host::CpuCount& one : row.counts) {
      kept.counts[one.cpu] = one.count;
    }
    kept.affinity = row.affinity;
    kept.effective = row.effective;
    kept.name = name_of_irq(row);
    const auto then = before_.find(row.label);
    std::vector<CpuRate> rates;
    if (then != before_.end()) {
      compare(row, then->second, since_ns);
      rates = rates_of(row, then->second.counts, seconds);
    } else if (!first_) {
      note(since_ns, fmt::format("irq {} ({}) is new", row.label, kept.name));
    }
    all += row.rate.value_or(0);
    const auto rank = std::ranges::lower_bound(names, kept.name) - names.begin();
    look.rows.push_back({row.label,
                         {row.label, row.rate ? brief_rate(*row.rate) : "?",
                          row.total ? brief_count(*row.total) : "?", busiest_cpus(rates, 2),
                          has_no_choice(row) ? "its CPU" : present::or_dash(row.effective),
                          present::or_dash(row.affinity), kept.name},
                         {row.rate.value_or(-1), static_cast<double>(row.total.value_or(0)),
                          -static_cast<double>(row_number), -static_cast<double>(rank)},
                         row.rate.value_or(0) > 0 ? Style::plain : Style::dim,
                         detail_of(row, rates)});
    ++row_number;
  }
  for (const auto& [label, one] : before_) {
    if (!now.contains(label)) {
      note(since_ns, fmt::format("irq {} ({}) is gone", label, one.name));
    }
  }
  before_ = std::move(now);
  first_ = false;
  look.head =
      fmt::format("{} of {}   running {}", present::count_text(report.rows.size(), "interrupt"),
                  present::count_text(report.cpus.size(), "CPU"), clock_text(since_ns));
  look.verdict = seconds > 0 ? fmt::format("{}/s in all", brief_rate(all)) : "counting";
  look.verdict_style = Style::bold;
  look.changes = changes_;
  return look;
}

}  // namespace wakepath::screen
