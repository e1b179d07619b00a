// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/model.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "findings/culprit.hpp"
#include "findings/finding_list.hpp"
#include "findings/quiet_vcpu.hpp"
#include "util/saturated.hpp"

namespace wakepath::screen {

namespace {

bool is_of(const SeriesKey& key, const WakeChain& chain, std::optional<analysis::TotalKind> kind) {
  return key.kind == kind && key.who.tid == chain.who.tid && key.who.vcpu == chain.who.vcpu &&
         key.who.vm_pid == chain.who.vm_pid && key.who.vm == chain.who.vm && key.path == chain.path;
}

// The interrupt that the wake began with, as a person calls it. Empty: it began with none.
std::string interrupt_name(const Root& root) {
  if (root.irq_name.empty() && !root.irq) {
    return "";
  }
  std::string name = root.irq_name;
  if (root.interrupt && !root.interrupt->device_or_address().empty()) {
    name = root.interrupt->device_or_address();
    name += root.interrupt->queue.empty() ? "" : " " + root.interrupt->queue;
  }
  if (root.irq) {
    name += (name.empty() ? "irq " : " (irq ") + std::to_string(*root.irq);
    name += root.irq_name.empty() && name.starts_with("irq ") ? "" : ")";
  }
  return name;
}

}  // namespace

Result<void> Model::header(const Header& header) {
  header_ = header;
  if (header.begin_ns && !began_) {
    began_ = true;
    columns_.begin(*header.begin_ns);
    now_ns_ = since_ns_ = *header.begin_ns;
  }
  return {};
}

template <typename Act>
void Model::each_series(Act act) {
  for (const auto& group : groups_) {
    act(group->series);
  }
  for (auto& [number, one] : cpus_) {
    act(one.series);
  }
  for (auto* const named : {&interrupts_, &paths_}) {
    for (auto& [name, one] : *named) {
      act(one.series);
    }
  }
}

void Model::advance(std::uint64_t now_ns) {
  if (!began_) {
    began_ = true;
    columns_.begin(now_ns);
    since_ns_ = now_ns;
  }
  now_ns_ = std::max(now_ns_, now_ns);
  while (columns_.should_fold(now_ns_)) {
    columns_.fold();
    each_series([](Series& series) { series.fold(); });
  }
}

// All together keep about as many whole wakes, however many groups there are.
std::size_t Model::kept_each() const {
  constexpr std::size_t kAll = 4096;
  return std::clamp<std::size_t>(kAll / std::max<std::size_t>(groups_.size(), 1), 1,
                                 Series::kMostKept);
}

GroupSeries* Model::group_of(const WakeChain& chain, std::optional<analysis::TotalKind> kind) {
  std::vector<GroupSeries*>& of_thread = by_thread_[chain.who.tid];
  for (GroupSeries* const group : of_thread) {
    if (is_of(group->key, chain, kind)) {
      return group;
    }
  }
  if (groups_.size() >= kMostGroups) {
    if (of_thread.empty()) {
      by_thread_.erase(chain.who.tid);
    }
    return nullptr;
  }
  groups_.push_back(std::make_unique<GroupSeries>());
  GroupSeries& made = *groups_.back();
  made.key = {chain.who, chain.path, kind};
  made.vm_id = vm_id(chain.who);
  made.vcpu_id = vcpu_id(chain.who);
  of_thread.push_back(&made);
  auto& pids = vms_[chain.who.vm];
  if (std::ranges::find(pids, chain.who.vm_pid) == pids.end()) {
    pids.push_back(chain.who.vm_pid);
  }
  return &made;
}

void Model::add_total(const WakeChain& chain, analysis::TotalKind kind, GroupSeries* group) {
  PassingWake wake(chain);
  const std::vector<BlameRow> parts = parts_of(chain);
  Series::Taken taken{wake, parts, columns_.column_of(chain.end_ns), target_ns_, kept_each()};
  if (group != nullptr) {
    group->series.add(taken);
  } else {
    ++left_out_;
  }
  ++of_kinds_[static_cast<std::size_t>(kind)];
  if (kind != main_kind()) {
    return;
  }
  slowest_.add(wake, kMostSlowest);
  culprits_.add(chain, parts);
  const std::uint32_t cpu = chain.stages.back().cpu;
  const auto add_to = [&taken](auto& all, const auto& key) {
    auto found = all.find(key);
    if (found == all.end() && all.size() < kMostNumbers) {
      found = all.try_emplace(key).first;
    }
    if (found != all.end()) {
      found->second.series.add(taken);
    }
  };
  add_to(cpus_, cpu);
  if (const std::string name = interrupt_name(chain.root); !name.empty()) {
    add_to(interrupts_, name);
  }
  if (!chain.path.empty()) {
    add_to(paths_, chain.path);
  }
}

std::string Model::vm_id(const VcpuIdentity& who) {
  return fmt::format("{}\n{}\n{}", who.vm, who.vm_pid.value_or(0), who.vm == "?" ? who.tid : 0);
}

std::string Model::vcpu_id(const VcpuIdentity& who) {
  const bool known = who.vcpu && who.vm != "?";
  return fmt::format("{}\n{}\n{}", vm_id(who), who.vcpu ? std::int64_t{*who.vcpu} : -1,
                     known ? 0 : who.tid);
}

Result<void> Model::wake(const WakeChain& chain) {
  if (!chain.flags.has(Flag::untimed)) {
    advance(chain.end_ns);
  }
  if (paused_) {
    ++skipped_;
    return {};
  }
  ++wakes_;
  const auto kind = analysis::total_kind(chain);
  GroupSeries* const group = group_of(chain, kind);
  if (kind) {
    add_total(chain, *kind, group);
  } else if (group != nullptr) {
    group->series.count(columns_.column_of(chain.end_ns));
  } else {
    ++left_out_;
  }
  return {};
}

Result<void> Model::loss(const Loss& loss) {
  lost_uncounted_ = lost_uncounted_ || !loss.lost;
  lost_ = saturated_sum(lost_, loss.lost.value_or(0));
  return {};
}

Result<void> Model::interval(const Interval& interval) {
  advance(interval.end_ns);
  if (!paused_) {
    findings_of_ = quiet_.empty() && interval.quiet.empty() ? findings_of_ : std::nullopt;
    quiet_ = interval.quiet;
    cost_ = interval.cost ? interval.cost : cost_;
  }
  return {};
}

Result<void> Model::notice(const std::string& text) {
  if (notices_.size() == kMostNotices) {
    notices_.erase(notices_.begin());
  }
  notices_.push_back(text);
  return {};
}

// What the stream itself counted is exact.
Result<void> Model::summary(const Summary& summary) {
  findings_of_.reset();
  lost_ = summary.lost;
  lost_uncounted_ = !summary.lost_exact;
  cost_ = summary.cost ? summary.cost : cost_;
  quiet_ = summary.quiet;
  if (began_) {
    advance(saturated_sum(columns_.begin_ns(), summary.duration_ns));
  }
  return {};
}

void Model::reset() {
  findings_of_.reset();
  each_series([](Series& series) { series.forget(); });
  slowest_.forget();
  culprits_ = AllCulprits();
  of_kinds_ = {};
  wakes_ = left_out_ = skipped_ = 0;
  since_ns_ = now_ns_;
}

void Model::set_target(std::uint64_t ns) {
  target_ns_ = ns;
  each_series([](Series& series) { series.forget_target(); });
}

std::optional<analysis::TotalKind> Model::main_kind() const {
  const auto most = std::ranges::max_element(of_kinds_);
  return *most == 0 ? std::nullopt
                    : std::optional(static_cast<analysis::TotalKind>(most - of_kinds_.begin()));
}

std::uint64_t Model::of_other_kinds() const {
  std::uint64_t all = 0;
  for (const std::uint64_t one : of_kinds_) {
    all += one;
  }
  return all - *std::ranges::max_element(of_kinds_);
}

const std::vector<Finding>& Model::findings() const {
  constexpr std::uint64_t kFew = 10'000;
  constexpr std::uint64_t kOldNs = 1'000'000'000;
  constexpr std::size_t kMostQuiet = 8;  // as findings; the table has them all
  if (findings_of_ == wakes_ ||
      (findings_of_ && wakes_ > kFew && now_ns_ - findings_at_ns_.value_or(0) < kOldNs)) {
    return findings_;
  }
  findings_of_ = wakes_;
  findings_at_ns_ = now_ns_;
  findings_ = findings::culprits(culprits_.groups());
  for (std::size_t i = 0; i < std::min(quiet_.size(), kMostQuiet); ++i) {
    findings_.push_back(findings::quiet_vcpu(quiet_[i], header_ ? header_->arch : std::string()));
  }
  findings::sort_by_severity(findings_);
  return findings_;
}

bool Model::is_ambiguous(const std::string& vm) const {
  const auto found = vms_.find(vm);
  return found != vms_.end() && found->second.size() > 1;
}

}  // namespace wakepath::screen
