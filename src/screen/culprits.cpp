// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/culprits.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "util/list_index.hpp"
#include "util/saturated.hpp"
#include "util/seeded_hash.hpp"

namespace wakepath::screen {

namespace {

bool is_same_culprit(const BlameRow& a, const BlameRow& b) {
  return a.kind == b.kind && a.tid == b.tid &&
         (a.interrupt ? a.interrupt->irq : 0) == (b.interrupt ? b.interrupt->irq : 0) &&
         a.what == b.what;
}

void join(BlameRow& into, const BlameRow& row) {
  into.ns = saturated_sum(into.ns, row.ns);
  into.wakes += row.wakes;
  into.worst_ns = std::max(into.worst_ns, row.worst_ns);
  into.prio = row.prio ? row.prio : into.prio;
  if (row.interrupt && row.interrupt != into.interrupt) {
    into.interrupt = row.interrupt;
  }
}

std::vector<BlameRow>::iterator least_of(std::vector<BlameRow>& rows) {
  return std::ranges::min_element(rows, {}, &BlameRow::ns);
}

}  // namespace

std::vector<BlameRow> parts_of(const WakeChain& chain) {
  std::vector<BlameRow> parts;
  parts.reserve(chain.stages.size() + 1);
  ListIndex places;
  const SeededHash seeded;
  const auto hash = [&seeded](const BlameRow& row) {
    return seeded(seeded(row.what), row.tid.value_or(0), static_cast<std::uint64_t>(row.kind));
  };
  const auto add = [&](BlameRow&& row) {
    const std::size_t same = places.find(
        parts, [&](const BlameRow& one) { return is_same_culprit(one, row); }, hash,
        [&] { return hash(row); });
    if (same == parts.size()) {
      parts.push_back(std::move(row));
    } else {
      parts[same].ns += row.ns;
      parts[same].worst_ns = parts[same].ns;
    }
  };
  for (const Stage& stage : chain.stages) {
    std::uint64_t left = stage.end_ns - stage.begin_ns;
    for (const Blame& blame : stage.blame) {
      const std::uint64_t ns = std::min(left, blame.ns);
      left -= ns;
      if (ns == 0) {
        continue;
      }
      BlameRow row;
      row.kind = blame.kind;
      row.what = blame.kind == BlameKind::self ? std::string() : blame.what;
      row.tid = blame.tid;
      row.prio = blame.prio;
      row.interrupt = blame.interrupt;
      row.ns = row.worst_ns = ns;
      row.wakes = 1;
      add(std::move(row));
    }
    if (left != 0) {
      BlameRow row;
      row.kind = BlameKind::unexplained;
      row.ns = row.worst_ns = left;
      row.wakes = 1;
      add(std::move(row));
    }
  }
  return parts;
}

void Culprits::add_row(const BlameRow& row) {
  const auto same =
      std::ranges::find_if(rows_, [&](const BlameRow& one) { return is_same_culprit(one, row); });
  if (same != rows_.end()) {
    join(*same, row);
  } else if (rows_.size() < kMost) {
    rows_.push_back(row);
  } else if (const auto least = least_of(rows_); least->ns < row.ns) {
    rest_ns_ = saturated_sum(rest_ns_, least->ns);
    *least = row;
  } else {
    rest_ns_ = saturated_sum(rest_ns_, row.ns);
  }
}

void Culprits::add(const std::vector<BlameRow>& parts) {
  for (const BlameRow& row : parts) {
    ns_ = saturated_sum(ns_, row.ns);
    add_row(row);
  }
}

void Culprits::add(const Culprits& other) {
  for (const BlameRow& row : other.rows_) {
    add_row(row);
  }
  ns_ = saturated_sum(ns_, other.ns_);
  rest_ns_ = saturated_sum(rest_ns_, other.rest_ns_);
}

std::vector<BlameRow> Culprits::rows() const {
  std::vector<BlameRow> sorted = rows_;
  std::ranges::stable_sort(sorted, std::ranges::greater{}, &BlameRow::ns);
  return sorted;
}

const BlameRow* Culprits::most() const {
  const auto most = std::ranges::max_element(rows_, {}, &BlameRow::ns);
  return most == rows_.end() ? nullptr : &*most;
}

void AllCulprits::add(const WakeChain& chain, const std::vector<BlameRow>& parts) {
  const std::uint64_t total = chain.total_ns();
  totals_.add(total);
  ns_ = saturated_sum(ns_, total);
  const std::uint32_t cpu = chain.stages.back().cpu;
  const bool stayed =
      std::ranges::all_of(chain.stages, [cpu](const Stage& stage) { return stage.cpu == cpu; });
  for (const BlameRow& row : parts) {
    auto entry = std::ranges::find_if(
        entries_, [&](const Entry& one) { return is_same_culprit(one.row, row); });
    if (entry != entries_.end()) {
      join(entry->row, row);
    } else if (entries_.size() < kMost) {
      entry = entries_.insert(entries_.end(), Entry{row, {}, {}});
    } else {
      entry = std::ranges::min_element(entries_, {}, [](const Entry& one) { return one.row.ns; });
      if (entry->row.ns >= row.ns) {
        rest_ns_ = saturated_sum(rest_ns_, row.ns);
        continue;
      }
      rest_ns_ = saturated_sum(rest_ns_, entry->row.ns);
      *entry = Entry{row, {}, {}};
    }
    entry->without.add(total, total - std::min(total, row.ns));
    if (!stayed) {
      continue;
    }
    auto here = entry->cpus.find(cpu);
    if (here == entry->cpus.end() && entry->cpus.size() < kMostCpus) {
      here = entry->cpus.try_emplace(cpu).first;
    }
    if (here != entry->cpus.end()) {
      here->second += row.ns;
    }
  }
}

std::vector<BlameGroup> AllCulprits::groups() const {
  constexpr std::array kFractions{0.5, 0.99};
  std::vector<BlameGroup> groups(1);
  BlameGroup& all = groups.front();
  all.wakes = totals_.count();
  all.ns = ns_;
  all.rest_ns = rest_ns_;
  const bool carries_p99 = all.wakes >= analysis::needed_for_quantile(kFractions[1]);
  const analysis::RankedHistogram ranked(totals_);
  const std::vector<std::uint64_t> now = ranked.quantiles(kFractions);
  all.p50_ns = now[0];
  all.p99_ns = carries_p99 ? std::optional(now[1]) : std::nullopt;
  std::map<std::uint32_t, BlameGroup> cpus;
  for (const Entry& entry : entries_) {
    BlameRow& row = all.rows.emplace_back(entry.row);
    const auto without = ranked.quantiles(kFractions, entry.without);
    row.p50_without_ns = without[0];
    row.p99_without_ns = carries_p99 ? std::optional(without[1]) : std::nullopt;
    for (const auto& [cpu, ns] : entry.cpus) {
      BlameGroup& group = cpus[cpu];
      group.cpu = cpu;
      BlameRow& here = group.rows.emplace_back(entry.row);
      here.ns = ns;
    }
  }
  std::ranges::stable_sort(all.rows, std::ranges::greater{}, &BlameRow::ns);
  for (auto& [cpu, group] : cpus) {
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace wakepath::screen
