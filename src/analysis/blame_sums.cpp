// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/blame_sums.hpp"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "analysis/blame_parts.hpp"
#include "analysis/latency_row.hpp"

namespace wakepath::analysis {

namespace {

constexpr std::array kFractions{0.50, 0.99};

// Of a Blame or of a BlameRow.
template <typename Blamed>
std::optional<std::uint32_t> number_of(const Blamed& blamed) {
  return blamed.interrupt ? std::optional(blamed.interrupt->irq) : blamed.tid;
}

// The group of `key`; null where there are too many already.
template <typename Map, typename Key>
typename Map::mapped_type* group_of(Map& groups, const Key& key) {
  if (const auto known = groups.find(key); known != groups.end()) {
    return &known->second;
  }
  return groups.size() < kMostBlameGroups ? &groups[typename Map::key_type(key)] : nullptr;
}

}  // namespace

std::size_t BlameSums::hash_of(const CulpritView& to) const {
  return hash_(hash_(to.what), to.number.value_or(0), static_cast<std::uint64_t>(to.kind));
}

BlameSums::Sought BlameSums::sought(const CulpritView& to) {
  Sought out{to, hash_of(to), {}};
  auto known = ids_.find(out);
  if (known == ids_.end()) {
    Culprit culprit{to.kind, std::string(to.what), to.number, out.hash};
    known = ids_.emplace(std::move(culprit), ++last_id_).first;
  }
  out.id = known->second;
  return out;
}

void BlameSums::split(const WakeChain& chain) {
  constexpr std::size_t kMostIds = 4096;
  if (ids_.size() >= kMostIds) {
    ids_.clear();  // not within a wake, where each has one
  }
  lost_.clear();
  for (const Stage& stage : chain.stages) {
    for_each_part(stage, [&](const Blame* blame, std::uint64_t ns) {
      const CulpritView to = blame == nullptr
                                 ? CulpritView{BlameKind::unexplained, {}, {}}
                                 : CulpritView{blame->kind, blame->what, number_of(*blame)};
      lost_.push_back({sought(to), blame, ns, stage.kind, stage.cpu});
    });
  }
}

BlameSums::Sum& BlameSums::sum_of(Group& group, const Lost& lost) {
  auto& recent = group.recent[lost.sought.id % group.recent.size()];
  if (recent.first == lost.sought.id) {
    return *recent.second;
  }
  if (const auto known = group.culprits.find(lost.sought); known != group.culprits.end()) {
    recent = {lost.sought.id, &known->second};
    return known->second;
  }
  if (group.culprits.size() >= 2 * kMostCulprits) {
    group.recent.fill({});
    std::vector<std::uint64_t> times;
    for (const auto& [culprit, sum] : group.culprits) {
      times.push_back(sum.ns);
    }
    std::ranges::nth_element(times, times.begin() + kMostCulprits);
    const std::uint64_t least = times[kMostCulprits];
    for (auto at = group.culprits.begin(); at != group.culprits.end();) {
      if (at->second.ns > least) {
        ++at;
        continue;
      }
      group.rest_ns += at->second.ns;
      at = group.culprits.erase(at);
    }
  }
  const CulpritView& to = lost.sought.to;
  return group.culprits[Culprit{to.kind, std::string(to.what), to.number, lost.sought.hash}];
}

// One entry a culprit.
template <typename Accepts>
void BlameSums::merge(Accepts accepts, std::vector<Lost>& out) {
  out.clear();
  merged_places_.clear();
  for (const Lost& lost : lost_) {
    if (!accepts(lost)) {
      continue;
    }
    const std::size_t same = merged_places_.find(
        out, [&lost](const Lost& one) { return one.sought.id == lost.sought.id; },
        [](const Lost& one) { return one.sought.id; }, [&lost] { return lost.sought.id; });
    if (same == out.size()) {
      out.push_back(lost);
    } else {
      out[same].ns += lost.ns;
    }
  }
}

void BlameSums::count(Group& group, const std::vector<Lost>& merged,
                      std::optional<std::uint64_t> total_ns) {
  ++group.wakes;
  for (const Lost& lost : merged) {
    group.ns += lost.ns;
    Sum& sum = sum_of(group, lost);
    sum.ns += lost.ns;
    ++sum.wakes;
    sum.worst_ns = std::max(sum.worst_ns, lost.ns);
    if (lost.blame != nullptr) {
      sum.prio = lost.blame->prio ? lost.blame->prio : sum.prio;
      if (lost.blame->interrupt && lost.blame->interrupt != sum.interrupt) {
        sum.interrupt = lost.blame->interrupt;
      }
    }
    if (total_ns) {
      sum.without.add(*total_ns, *total_ns - lost.ns);
    }
  }
}

// A ns that is in several classes is spared once.
void BlameSums::spare(std::uint64_t total_ns, Population& population) const {
  population.classes.resize(without_.size());
  std::uint64_t spared = 0;
  std::vector<std::uint64_t> of_class(without_.size());
  for (const Lost& lost : lost_) {
    bool in_any = false;
    for (std::size_t i = 0; i < without_.size(); ++i) {
      if (is_in(without_[i], lost.stage, lost.sought.to.kind, lost.blame)) {
        of_class[i] += lost.ns;
        in_any = true;
      }
    }
    spared += in_any ? lost.ns : 0;
  }
  for (std::size_t i = 0; i < without_.size(); ++i) {
    population.classes[i].ns += of_class[i];
    population.classes[i].wakes += of_class[i] == 0 ? 0U : 1U;
  }
  population.spared_ns += spared;
  population.spared_wakes += spared == 0 ? 0U : 1U;
  population.then.add(total_ns - spared);
}

void BlameSums::add(const WakeChain& chain) {
  const auto kind = total_kind(chain);
  if (!kind) {
    return;
  }
  Population& population = populations_[static_cast<std::size_t>(*kind)];
  split(chain);
  const auto every = [](const Lost&) { return true; };
  population.totals.add(chain.total_ns());
  merge(every, whole_);
  count(population.all, whole_, chain.total_ns());
  if (!without_.empty()) {
    spare(chain.total_ns(), population);
  }
  const auto tid = chain.who.vm == "?" ? std::optional(chain.who.tid) : std::nullopt;
  if (Group* const vcpu = group_of(population.vcpus,
                                   VcpuKey{chain.who.vm, chain.who.vm_pid, tid, chain.who.vcpu})) {
    count(*vcpu, whole_, std::nullopt);
  }
  if (Group* const path = group_of(population.paths, chain.path)) {
    count(*path, whole_, std::nullopt);
  }
  // Most wakes have one CPU, and their stages follow each other.
  const bool moved = chain.flags.has(Flag::migrated);
  const bool one_cpu = std::ranges::all_of(
      lost_, [this](const Lost& lost) { return lost.cpu == lost_.front().cpu; });
  for (auto at = lost_.begin(); at != lost_.end(); ++at) {
    const auto is_first = [&](auto member) {
      return std::find_if(lost_.begin(), at, [&](const Lost& before) {
               return before.*member == (*at).*member;
             }) == at;
    };
    if (is_first(&Lost::stage)) {
      merge([stage = at->stage](const Lost& lost) { return lost.stage == stage; }, merged_);
      count(population.stages[static_cast<std::size_t>(at->stage)], merged_, std::nullopt);
    }
    Group* const cpu =
        !moved && is_first(&Lost::cpu) ? group_of(population.cpus, at->cpu) : nullptr;
    if (cpu != nullptr && one_cpu) {
      count(*cpu, whole_, std::nullopt);
    } else if (cpu != nullptr) {
      merge([number = at->cpu](const Lost& lost) { return lost.cpu == number; }, merged_);
      count(*cpu, merged_, std::nullopt);
    }
  }
}

BlameGroup BlameSums::shown(const Group& group) {
  BlameGroup out;
  out.wakes = group.wakes;
  out.ns = group.ns;
  for (const auto& [culprit, sum] : group.culprits) {
    BlameRow& row = out.rows.emplace_back();
    row.kind = culprit.kind;
    row.what = culprit.what;
    row.tid = culprit.kind == BlameKind::task ? culprit.number : std::nullopt;
    row.prio = sum.prio;
    row.interrupt = sum.interrupt;
    row.ns = sum.ns;
    row.wakes = sum.wakes;
    row.worst_ns = sum.worst_ns;
  }
  std::ranges::sort(out.rows, [](const BlameRow& a, const BlameRow& b) {
    return std::tuple(b.ns, a.kind, std::string_view(a.what), number_of(a)) <
           std::tuple(a.ns, b.kind, std::string_view(b.what), number_of(b));
  });
  out.rest_ns = group.rest_ns;
  for (std::size_t i = kMostCulprits; i < out.rows.size(); ++i) {
    out.rest_ns += out.rows[i].ns;
  }
  out.rows.resize(std::min(out.rows.size(), kMostCulprits));
  return out;
}

void BlameSums::add_totals(const Histogram& totals, const Group& group, BlameGroup& shown) const {
  const auto carried = [&totals](const std::vector<std::uint64_t>& values, std::size_t which) {
    return totals.count() >= needed_for_quantile(kFractions[which]) ? std::optional(values[which])
                                                                    : std::nullopt;
  };
  const RankedHistogram ranked(totals);
  const std::vector<std::uint64_t> now = ranked.quantiles(kFractions);
  shown.p50_ns = carried(now, 0);
  shown.p99_ns = carried(now, 1);
  for (BlameRow& row : shown.rows) {
    const CulpritView to{row.kind, row.what, number_of(row)};
    const Sum& sum = group.culprits.find(Sought{to, hash_of(to), {}})->second;
    const std::vector<std::uint64_t> then = ranked.quantiles(kFractions, sum.without);
    row.p50_without_ns = carried(then, 0);
    row.p99_without_ns = carried(then, 1);
  }
}

const BlameSums::Population& BlameSums::most() const {
  return *std::ranges::max_element(
      populations_, {}, [](const Population& population) { return population.all.wakes; });
}

std::optional<WhatIf> BlameSums::what_if() const {
  const Population& population = most();
  if (without_.empty() || population.all.wakes == 0) {
    return std::nullopt;
  }
  WhatIf out;
  out.classes = population.classes;
  for (std::size_t i = 0; i < without_.size(); ++i) {
    out.classes[i].text = without_[i].text;
  }
  out.wakes = population.spared_wakes;
  out.of_wakes = population.all.wakes;
  out.ns = population.spared_ns;
  out.of_ns = population.all.ns;
  const std::string_view total = name_of(static_cast<TotalKind>(&population - populations_.data()));
  out.now = latency_row(population.totals, total);
  out.then = latency_row(population.then, total);
  for (LatencyRow* const row : {&out.now, &out.then}) {
    row->vm = row->path = "*";
  }
  out.open = not_foretold(without_);
  return out;
}

std::vector<BlameGroup> BlameSums::groups() const {
  const Population* const most = &this->most();
  std::vector<BlameGroup> out;
  if (most->all.wakes == 0) {
    return out;
  }
  out.push_back(shown(most->all));
  add_totals(most->totals, most->all, out.front());
  out.front().total = name_of(static_cast<TotalKind>(most - populations_.data()));
  for (const auto& [key, group] : most->vcpus) {
    BlameGroup& one = out.emplace_back(shown(group));
    std::tie(one.vm, one.vm_pid, one.tid, one.vcpu) = key;
  }
  for (const auto& [path, group] : most->paths) {
    out.emplace_back(shown(group)).path = path;
  }
  for (std::size_t kind = 0; kind < kStageKinds; ++kind) {
    if (most->stages[kind].wakes != 0) {
      out.emplace_back(shown(most->stages[kind])).stage = static_cast<StageKind>(kind);
    }
  }
  for (const auto& [cpu, group] : most->cpus) {
    out.emplace_back(shown(group)).cpu = cpu;
  }
  return out;
}

}  // namespace wakepath::analysis
