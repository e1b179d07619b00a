// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/analysis.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

#include "analysis/latency_row.hpp"

namespace wakepath::analysis {

namespace {

template <typename T>
bool among(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

bool is_asked_for(const Selection& selection, const VcpuIdentity& who) {
  const bool is_vcpu = selection.vcpus.empty() || (who.vcpu && among(selection.vcpus, *who.vcpu));
  return is_vcpu && is_of_vm(selection, who) && among(selection.tids, who.tid);
}

// The kind of total that most wakes have.
TotalKind main_total(const Latencies& all) {
  TotalKind most{};
  for (std::size_t i = 1; i < kTotalKinds; ++i) {
    const auto kind = static_cast<TotalKind>(i);
    most = all.totals(kind).count() > all.totals(most).count() ? kind : most;
  }
  return most;
}

bool passed(const Selection& selection, const std::vector<Stage>& stages) {
  return selection.cpus.empty() ||
         std::any_of(stages.begin(), stages.end(),
                     [&](const Stage& stage) { return among(selection.cpus, stage.cpu); });
}

}  // namespace

bool is_of_vm(const Selection& selection, const VcpuIdentity& who) {
  return among(selection.vms, who.vm) ||
         (who.vm_pid && among(selection.vms, std::to_string(*who.vm_pid)));
}

bool selected(const Selection& selection, const WakeChain& chain) {
  return (selection.wake == 0 || selection.wake == chain.id) && passed(selection, chain.stages) &&
         is_asked_for(selection, chain.who) && chain.total_ns() >= selection.min_latency_ns;
}

bool selected(const Selection& selection, const Delivery& delivery) {
  return selection.wake == 0 && passed(selection, delivery.stages) &&
         is_asked_for(selection, delivery.who) &&
         delivery.end_ns - delivery.begin_ns >= selection.min_latency_ns;
}

bool selected(const Selection& selection, const QuietVcpu& vcpu) {
  if (selection.wake != 0 || selection.since || selection.until) {
    return false;  // what is said of it is of the whole run
  }
  const bool on_cpu = selection.cpus.empty() || (vcpu.cpu && among(selection.cpus, *vcpu.cpu));
  return on_cpu && is_asked_for(selection, vcpu.who);
}

void Latencies::add(const WakeChain& chain, std::uint64_t target_ns) {
  ++wakes_;
  if (!is_measured(chain)) {
    return;
  }
  // A wake over two work items has two work_delays: it spent their sum waiting for work.
  std::array<std::optional<std::uint64_t>, kStageKinds> spent;
  for (const Stage& stage : chain.stages) {
    auto& ns = spent[static_cast<std::size_t>(stage.kind)];
    ns = ns.value_or(0) + (stage.end_ns - stage.begin_ns);
  }
  for (std::size_t kind = 0; kind < kStageKinds; ++kind) {
    if (spent[kind]) {
      stages_[kind].add(*spent[kind]);
    }
  }
  if (const auto kind = total_kind(chain)) {
    totals_[static_cast<std::size_t>(*kind)].add(chain.total_ns());
    over_[static_cast<std::size_t>(*kind)] += chain.total_ns() > target_ns ? 1U : 0U;
  }
}

void Latencies::add(const Latencies& other) {
  for (std::size_t kind = 0; kind < kTotalKinds; ++kind) {
    totals_[kind].add(other.totals_[kind]);
    over_[kind] += other.over_[kind];
  }
  for (std::size_t kind = 0; kind < kStageKinds; ++kind) {
    stages_[kind].add(other.stages_[kind]);
  }
  wakes_ += other.wakes_;
}

void Latencies::clear() {
  if (wakes_ == 0) {
    return;
  }
  std::ranges::for_each(totals_, &Histogram::clear);
  std::ranges::for_each(stages_, &Histogram::clear);
  over_ = {};
  wakes_ = 0;
}

const Histogram* Latencies::find(std::string_view stage) const {
  for (std::size_t i = 0; i < kTotalKinds; ++i) {
    if (stage == name_of(static_cast<TotalKind>(i))) {
      return &totals_[i];
    }
  }
  for (std::size_t i = 0; i < kStageKinds; ++i) {
    if (stage == name_of(static_cast<StageKind>(i))) {
      return &stages_[i];
    }
  }
  return nullptr;
}

void Latencies::rows(const LatencyRow& group, std::vector<LatencyRow>& out) const {
  const auto add_row = [&](std::string_view stage, const Histogram& histogram) {
    if (histogram.count() == 0) {
      return;
    }
    LatencyRow row = latency_row(histogram, stage);
    row.vm = group.vm;
    row.vcpu = group.vcpu;
    row.path = group.path;
    row.tid = group.tid;
    row.vm_pid = group.vm_pid;
    out.push_back(std::move(row));
  };
  for (std::size_t i = 0; i < kTotalKinds; ++i) {
    add_row(name_of(static_cast<TotalKind>(i)), totals_[i]);
  }
  for (std::size_t i = 0; i < kStageKinds; ++i) {
    add_row(name_of(static_cast<StageKind>(i)), stages_[i]);
  }
}

AnalysisOptions analysis_options(const PipelineOptions& options) {
  AnalysisOptions out;
  for (const std::string& text : options.without) {
    // What can't be read was refused before: see check_culprits().
    if (auto one = parse_culprit_class(text)) {
      out.without.push_back(*std::move(one));
    }
  }
  out.target_ns = options.target_ns;
  out.by = options.by;
  out.slowest = options.slowest;
  return out;
}

Analysis::Analysis(AnalysisOptions options)
    : options_(std::move(options)),
      of_totals_(kTotalKinds, OfTotal{{}, {}, Slowest(options_.slowest), {}}),
      blame_(options_.without) {}

void Analysis::begin(std::uint64_t begin_ns) {
  for (OfTotal& of : of_totals_) {
    of.course.begin(begin_ns);
  }
}

void Analysis::add(const WakeChain& chain) {
  ++summary_.wakes;
  const Flags& flags = chain.flags;
  if (chain.complete()) {
    ++summary_.complete;
  } else if (flags.has(Flag::lossy) || flags.has(Flag::missed_program)) {
    ++summary_.incomplete.lossy;
  } else if (flags.has(Flag::no_root)) {
    ++summary_.incomplete.no_root;
  } else if (flags.has(Flag::cut) && !flags.has(Flag::untimed)) {
    ++summary_.incomplete.cut;  // also where that is why its entry was not seen
  } else if (flags.has(Flag::no_entry)) {
    ++summary_.incomplete.no_entry;
  } else if (flags.has(Flag::untimed)) {
    ++summary_.incomplete.untimed;
  } else {
    ++summary_.incomplete.no_expiry;
  }
  if (const auto kind = total_kind(chain)) {
    OfTotal& of = of_totals_[static_cast<std::size_t>(*kind)];
    of.spread.add(chain.total_ns());
    of.course.add(chain.end_ns, chain.total_ns());
    of.slowest.add(chain);
    if (options_.by == Ranking::cpu) {
      of.cpus[chain.stages.back().cpu].add(chain, options_.target_ns);
    }
  }
  interrupts_.add(chain);
  blame_.add(chain);
  habits_.add(chain);
  Groups::value_type& group = group_of(chain);
  if (group.second.interval.wakes() == 0) {
    in_interval_.push_back(&group);
  }
  group.second.interval.add(chain, options_.target_ns);
}

Analysis::Groups::value_type& Analysis::group_of(const WakeChain& chain) {
  const auto tid = chain.who.vm == "?" ? std::optional(chain.who.tid) : std::nullopt;
  const GroupView group{chain.who.vm, chain.who.vm_pid, tid, chain.who.vcpu, chain.path};
  if (const auto known = groups_.find(group); known != groups_.end()) {
    return *known;
  }
  std::set<std::string>& paths = paths_[{chain.who.vm, chain.who.vm_pid}];
  const bool own_row = paths.contains(chain.path) || paths.size() < kMaxPathsPerVm;
  if (own_row) {
    paths.insert(chain.path);
  }
  return *groups_
              .try_emplace(Group{chain.who.vm, chain.who.vm_pid, tid, chain.who.vcpu,
                                 own_row ? chain.path : "other"})
              .first;
}

// A name that is no VM's, or that of several.
bool Analysis::is_ambiguous(const std::string& vm) const {
  const auto first = paths_.lower_bound({vm, std::nullopt});
  const auto next = first == paths_.end() ? first : std::next(first);
  return vm == "?" || (next != paths_.end() && next->first.first == vm);
}

void Analysis::add_rows(const Group& group, const Latencies& latencies,
                        std::vector<LatencyRow>& out) const {
  LatencyRow row;
  row.vm = group.vm;
  row.vcpu = group.vcpu;
  row.tid = group.tid;
  row.vm_pid = is_ambiguous(group.vm) ? group.vm_pid : std::nullopt;
  row.path = group.path;
  latencies.rows(row, out);
}

std::vector<LatencyRow> Analysis::take_interval() {
  std::ranges::sort(
      in_interval_, Order(), [](const auto* one) -> auto& { return one->first; });
  std::vector<LatencyRow> out;
  for (Groups::value_type* const one : in_interval_) {
    auto& [group, counted] = *one;
    add_rows(group, counted.interval, out);
    counted.before.add(counted.interval);
    counted.interval.clear();
  }
  in_interval_.clear();
  return out;
}

Latencies Analysis::all() const {
  Latencies all;
  for (const auto& [group, counted] : groups_) {
    all.add(counted.before);
    all.add(counted.interval);
  }
  return all;
}

std::vector<LatencyRow> Analysis::ranking(TotalKind kind, const Latencies& all) const {
  struct Sum {
    Histogram totals;
    std::uint64_t over{};
  };
  const auto by = options_.by;
  std::map<std::tuple<std::string, Number, Number, Number, std::string>, Sum> sums;
  const auto add = [&sums, kind](const auto& key, const Latencies& latencies) {
    if (latencies.totals(kind).count() != 0) {
      Sum& sum = sums[key];
      sum.totals.add(latencies.totals(kind));
      sum.over += latencies.over(kind);
    }
  };
  for (const auto& [group, counted] : groups_) {
    const bool of_vm = by == Ranking::vm || by == Ranking::vcpu;
    if (by != Ranking::cpu) {
      // A path begins with its root.
      const std::string path = by == Ranking::path   ? group.path
                               : by == Ranking::root ? group.path.substr(0, group.path.find('>'))
                                                     : std::string("*");
      add(std::tuple(of_vm ? group.vm : "*", of_vm ? group.vm_pid : std::nullopt,
                     of_vm ? group.tid : std::nullopt,
                     by == Ranking::vcpu ? group.vcpu : std::nullopt, path),
          counted.ever());
    }
  }
  for (const auto& [cpu, latencies] : of_totals_[static_cast<std::size_t>(kind)].cpus) {
    add(std::tuple(std::string("*"), Number(), Number(), Number(), "CPU " + std::to_string(cpu)),
        latencies);
  }
  std::vector<LatencyRow> rows;
  if (by == Ranking::stage) {
    LatencyRow every;
    every.vm = every.path = "*";
    all.rows(every, rows);
    std::erase_if(rows, [](const LatencyRow& row) { return row.stage.starts_with("total"); });
    sums.clear();
  }
  for (const auto& [key, sum] : sums) {
    LatencyRow& row = rows.emplace_back(latency_row(sum.totals, name_of(kind)));
    std::tie(row.vm, row.vm_pid, row.tid, row.vcpu, row.path) = key;
    row.vm_pid = row.vm == "?" || is_ambiguous(row.vm) ? row.vm_pid : std::nullopt;
    if (options_.target_ns != 0) {
      row.over_target = sum.over;
    }
  }
  std::ranges::stable_sort(rows, [](const LatencyRow& a, const LatencyRow& b) {
    return std::tuple(a.p99_ns, a.max_ns) > std::tuple(b.p99_ns, b.max_ns);
  });
  return rows;
}

Summary Analysis::summary() const {
  Summary summary = summary_;
  summary.interrupts = interrupts_.rows();
  summary.blame = blame_.groups();
  summary.what_if = blame_.what_if();
  const Latencies all = this->all();
  const TotalKind kind = main_total(all);
  const OfTotal& of = of_totals_[static_cast<std::size_t>(kind)];
  summary.habits = habits_.rows(kind);
  summary.spread = of.spread.rows();
  summary.course = of.course.rows();
  summary.slowest = of.slowest.rows();
  for (SlowWake& wake : summary.slowest) {
    wake.total = std::string(name_of(kind));
  }
  summary.ranking = ranking(kind, all);
  if (options_.target_ns != 0) {
    summary.target = TargetResult{options_.target_ns, std::string(name_of(kind)), all.over(kind),
                                  all.totals(kind).count()};
  }
  LatencyRow every;
  every.vm = "*";
  every.path = "*";
  all.rows(every, summary.latency);
  for (const auto& [group, counted] : groups_) {
    add_rows(group, counted.ever(), summary.latency);
  }
  return summary;
}

}  // namespace wakepath::analysis
