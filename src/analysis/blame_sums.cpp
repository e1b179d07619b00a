// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/blame_sums.hpp"

#include <algorithm>
#include <utility>

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

// Own code is one culprit, whatever the code is.
void BlameSums::split(const WakeChain& chain) {
  lost_.clear();
  for (const Stage& stage : chain.stages) {
    std::uint64_t left = stage.end_ns - stage.begin_ns;
    for (const Blame& blame : stage.blame) {
      const std::uint64_t ns = std::min(left, blame.ns);
      left -= ns;
      if (ns != 0) {
        const CulpritView to = blame.kind == BlameKind::self
                                   ? CulpritView{BlameKind::self, {}, {}}
                                   : CulpritView{blame.kind, blame.what, number_of(blame)};
        lost_.push_back({to, &blame, ns, stage.kind, stage.cpu});
      }
    }
    if (left != 0) {
      lost_.push_back({{BlameKind::unexplained, {}, {}}, nullptr, left, stage.kind, stage.cpu});
    }
  }
}

BlameSums::Sum& BlameSums::sum_of(Group& group, const Lost& lost) {
  if (const auto known = group.culprits.find(lost.to); known != group.culprits.end()) {
    return known->second;
  }
  if (group.culprits.size() >= 2 * kMostCulprits) {
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
  return group.culprits[Culprit{lost.to.kind, std::string(lost.to.what), lost.to.number}];
}

template <typename Accepts>
void BlameSums::count(Group& group, Accepts accepts, std::optional<std::uint64_t> total_ns) {
  merged_.clear();
  for (const Lost& lost : lost_) {
    if (!accepts(lost)) {
      continue;
    }
    group.ns += lost.ns;
    const auto same = std::ranges::find(merged_, lost.to, &Lost::to);
    if (same == merged_.end()) {
      merged_.push_back(lost);
    } else {
      same->ns += lost.ns;
    }
  }
  ++group.wakes;
  for (const Lost& lost : merged_) {
    Sum& sum = sum_of(group, lost);
    sum.ns += lost.ns;
    ++sum.wakes;
    sum.worst_ns = std::max(sum.worst_ns, lost.ns);
    if (lost.blame != nullptr) {
      sum.prio = lost.blame->prio ? lost.blame->prio : sum.prio;
      sum.interrupt = lost.blame->interrupt ? lost.blame->interrupt : sum.interrupt;
    }
    if (total_ns) {
      sum.with.add(*total_ns);
      sum.without.add(*total_ns - lost.ns);
    }
  }
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
  count(population.all, every, chain.total_ns());
  const auto tid = chain.who.vm == "?" ? std::optional(chain.who.tid) : std::nullopt;
  if (Group* const vcpu = group_of(population.vcpus,
                                   VcpuKey{chain.who.vm, chain.who.vm_pid, tid, chain.who.vcpu})) {
    count(*vcpu, every, std::nullopt);
  }
  if (Group* const path = group_of(population.paths, chain.path)) {
    count(*path, every, std::nullopt);
  }
  const bool moved = chain.flags.has(Flag::migrated);
  for (auto at = lost_.begin(); at != lost_.end(); ++at) {
    const auto is_first = [&](auto member) {
      return std::find_if(lost_.begin(), at, [&](const Lost& before) {
               return before.*member == (*at).*member;
             }) == at;
    };
    if (is_first(&Lost::stage)) {
      count(
          population.stages[static_cast<std::size_t>(at->stage)],
          [stage = at->stage](const Lost& lost) { return lost.stage == stage; }, std::nullopt);
    }
    Group* const cpu =
        !moved && is_first(&Lost::cpu) ? group_of(population.cpus, at->cpu) : nullptr;
    if (cpu != nullptr) {
      count(
          *cpu, [number = at->cpu](const Lost& lost) { return lost.cpu == number; }, std::nullopt);
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
  std::ranges::stable_sort(out.rows, std::ranges::greater{}, &BlameRow::ns);
  out.rest_ns = group.rest_ns;
  for (std::size_t i = kMostCulprits; i < out.rows.size(); ++i) {
    out.rest_ns += out.rows[i].ns;
  }
  out.rows.resize(std::min(out.rows.size(), kMostCulprits));
  return out;
}

void BlameSums::add_totals(const Histogram& totals, const Group& group, BlameGroup& shown) {
  const auto carried = [&totals](const std::vector<std::uint64_t>& values, std::size_t which) {
    return totals.count() >= needed_for_quantile(kFractions[which]) ? std::optional(values[which])
                                                                    : std::nullopt;
  };
  const std::vector<std::uint64_t> now = totals.quantiles(kFractions);
  shown.p50_ns = carried(now, 0);
  shown.p99_ns = carried(now, 1);
  for (BlameRow& row : shown.rows) {
    const Sum& sum = group.culprits.find(CulpritView{row.kind, row.what, number_of(row)})->second;
    const std::vector<std::uint64_t> then =
        totals.replaced(sum.with, sum.without).quantiles(kFractions);
    row.p50_without_ns = carried(then, 0);
    row.p99_without_ns = carried(then, 1);
  }
}

std::vector<BlameGroup> BlameSums::groups() const {
  const auto most = std::ranges::max_element(
      populations_, {}, [](const Population& population) { return population.all.wakes; });
  std::vector<BlameGroup> out;
  if (most->all.wakes == 0) {
    return out;
  }
  out.push_back(shown(most->all));
  add_totals(most->totals, most->all, out.front());
  out.front().total = name_of(static_cast<TotalKind>(most - populations_.begin()));
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
