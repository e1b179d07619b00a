// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/analysis.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

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
  return passed(selection, chain.stages) && is_asked_for(selection, chain.who) &&
         chain.total_ns() >= selection.min_latency_ns;
}

bool selected(const Selection& selection, const Delivery& delivery) {
  return passed(selection, delivery.stages) && is_asked_for(selection, delivery.who) &&
         delivery.end_ns - delivery.begin_ns >= selection.min_latency_ns;
}

bool selected(const Selection& selection, const QuietVcpu& vcpu) {
  const bool on_cpu = selection.cpus.empty() || (vcpu.cpu && among(selection.cpus, *vcpu.cpu));
  return on_cpu && is_asked_for(selection, vcpu.who);
}

void Latencies::add(const WakeChain& chain) {
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
  }
}

void Latencies::clear() {
  if (wakes_ == 0) {
    return;
  }
  std::ranges::for_each(totals_, &Histogram::clear);
  std::ranges::for_each(stages_, &Histogram::clear);
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
    LatencyRow row = group;
    row.stage = std::string(stage);
    row.count = histogram.count();
    row.min_ns = histogram.min();
    constexpr std::array kFractions{0.50, 0.90, 0.99, 0.999};
    const std::vector<std::uint64_t> at = histogram.quantiles(kFractions);
    row.p50_ns = at[0];
    row.p90_ns = at[1];
    row.p99_ns = at[2];
    row.p999_ns = at[3];
    row.max_ns = histogram.max();
    out.push_back(std::move(row));
  };
  for (std::size_t i = 0; i < kTotalKinds; ++i) {
    add_row(name_of(static_cast<TotalKind>(i)), totals_[i]);
  }
  for (std::size_t i = 0; i < kStageKinds; ++i) {
    add_row(name_of(static_cast<StageKind>(i)), stages_[i]);
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
  } else if (flags.has(Flag::no_entry)) {
    ++summary_.incomplete.no_entry;
  } else if (flags.has(Flag::untimed)) {
    ++summary_.incomplete.untimed;
  } else if (flags.has(Flag::no_expiry) && !flags.has(Flag::cut)) {
    ++summary_.incomplete.no_expiry;
  } else {
    ++summary_.incomplete.cut;
  }
  all_.add(chain);
  interrupts_.add(chain);
  blame_.add(chain);
  Counted& counted = group_of(chain);
  counted.ever.add(chain);
  counted.interval.add(chain);
}

Analysis::Counted& Analysis::group_of(const WakeChain& chain) {
  const auto tid = chain.who.vm == "?" ? std::optional(chain.who.tid) : std::nullopt;
  const GroupView group{chain.who.vm, chain.who.vm_pid, tid, chain.who.vcpu, chain.path};
  if (const auto known = groups_.find(group); known != groups_.end()) {
    return known->second;
  }
  std::set<std::string>& paths = paths_[{chain.who.vm, chain.who.vm_pid}];
  const bool own_row = paths.contains(chain.path) || paths.size() < kMaxPathsPerVm;
  if (own_row) {
    paths.insert(chain.path);
  }
  return groups_[Group{chain.who.vm, chain.who.vm_pid, tid, chain.who.vcpu,
                       own_row ? chain.path : "other"}];
}

// A name that is no VM's, or that of several.
bool Analysis::is_ambiguous(const std::string& vm) const {
  const auto first = paths_.lower_bound({vm, std::nullopt});
  const auto next = first == paths_.end() ? first : std::next(first);
  return vm == "?" || (next != paths_.end() && next->first.first == vm);
}

std::vector<LatencyRow> Analysis::rows(Latencies Counted::*which) const {
  std::vector<LatencyRow> out;
  for (const auto& [group, counted] : groups_) {
    const Latencies& latencies = counted.*which;
    if (latencies.wakes() == 0) {
      continue;
    }
    LatencyRow row;
    row.vm = group.vm;
    row.vcpu = group.vcpu;
    row.tid = group.tid;
    row.vm_pid = is_ambiguous(group.vm) ? group.vm_pid : std::nullopt;
    row.path = group.path;
    latencies.rows(row, out);
  }
  return out;
}

std::vector<LatencyRow> Analysis::take_interval() {
  std::vector<LatencyRow> out = rows(&Counted::interval);
  for (auto& [group, counted] : groups_) {
    counted.interval.clear();
  }
  return out;
}

Summary Analysis::summary() const {
  Summary summary = summary_;
  summary.interrupts = interrupts_.rows();
  summary.blame = blame_.groups();
  LatencyRow every;
  every.vm = "*";
  every.path = "*";
  all_.rows(every, summary.latency);
  std::vector<LatencyRow> grouped = rows(&Counted::ever);
  summary.latency.insert(summary.latency.end(), grouped.begin(), grouped.end());
  return summary;
}

}  // namespace wakepath::analysis
