// SPDX-License-Identifier: GPL-2.0-or-later
// Counts and histograms of the wakes that the user selected, per interval and for the whole run.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "analysis/blame_sums.hpp"
#include "analysis/course.hpp"
#include "analysis/histogram.hpp"
#include "analysis/interrupt_load.hpp"
#include "analysis/total_kind.hpp"
#include "analysis/vcpu_habits.hpp"
#include "wakepath/pipeline.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

inline constexpr std::size_t kMaxPathsPerVm = 64;  // the rest is counted as "other"

// Latencies of one group of wakes. A stage counts each wake in which it is known once, with the sum
// of the time that the wake spent in it. The total counts only wakes with a known cause that no
// loss can have touched.
class Latencies {
 public:
  // Totals longer than `target_ns` are counted apart.
  void add(const WakeChain& chain, std::uint64_t target_ns);
  void add(const WakeChain& chain) { add(chain, 0); }
  void add(const Latencies& other);
  [[nodiscard]] const Histogram* find(std::string_view stage) const;  // null: no such stage
  // Totals first, then the stages in the chain's order. What never occurred is left out.
  void rows(const LatencyRow& group, std::vector<LatencyRow>& out) const;
  // How many have been added.
  [[nodiscard]] std::uint64_t wakes() const { return wakes_; }
  [[nodiscard]] const Histogram& totals(TotalKind kind) const {
    return totals_[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::uint64_t over(TotalKind kind) const {
    return over_[static_cast<std::size_t>(kind)];
  }
  void clear();

 private:
  std::uint64_t wakes_{0};
  std::array<Histogram, kTotalKinds> totals_;
  std::array<std::uint64_t, kTotalKinds> over_{};  // the target
  std::array<Histogram, kStageKinds> stages_;
};

// Of one of the VMs that are selected, by name or process id?
bool is_of_vm(const Selection& selection, const VcpuIdentity& who);
bool selected(const Selection& selection, const WakeChain& chain);
bool selected(const Selection& selection, const Delivery& delivery);
bool selected(const Selection& selection, const QuietVcpu& vcpu);

struct AnalysisOptions {
  std::vector<CulpritClass> without{};
  std::uint64_t target_ns{0};  // 0: none
  Ranking by{Ranking::vcpu};
  std::size_t slowest{10};
};

AnalysisOptions analysis_options(const PipelineOptions& options);

class Analysis {
 public:
  Analysis() : Analysis(AnalysisOptions{}) {}
  explicit Analysis(AnalysisOptions options);
  // Of the stream. The default is 0.
  void begin(std::uint64_t begin_ns);
  void add(const WakeChain& chain);
  void add_delivery() { ++summary_.deliveries; }
  // The rows of the interval so far; forgets them.
  std::vector<LatencyRow> take_interval();
  // Counts and latencies; what the stream itself counts is the caller's to fill in.
  [[nodiscard]] Summary summary() const;
  // Of all wakes together.
  [[nodiscard]] Latencies all() const;

 private:
  struct Group {
    std::string vm;
    std::optional<std::uint32_t> vm_pid, tid;  // tid: of a VM that is not known
    std::optional<std::uint32_t> vcpu;
    std::string path;
  };
  using Number = std::optional<std::uint32_t>;
  using GroupView = std::tuple<std::string_view, Number, Number, Number, std::string_view>;
  struct Order {
    using is_transparent = void;
    static GroupView view(const Group& group) {
      return {group.vm, group.vm_pid, group.tid, group.vcpu, group.path};
    }
    static const GroupView& view(const GroupView& group) { return group; }
    bool operator()(const auto& a, const auto& b) const { return view(a) < view(b); }
  };
  struct Counted {
    Latencies before;    // all before the interval
    Latencies interval;  // small, so it is quick to add to
    [[nodiscard]] Latencies ever() const {
      Latencies both = before;
      both.add(interval);
      return both;
    }
  };
  // What is kept of each kind of total by itself.
  struct OfTotal {
    Spread spread;
    Course course;
    Slowest slowest;
    std::map<std::uint32_t, Latencies> cpus;  // where the wakes ended
  };
  using Groups = std::map<Group, Counted, Order>;
  Groups::value_type& group_of(const WakeChain& chain);
  [[nodiscard]] std::vector<LatencyRow> ranking(TotalKind kind, const Latencies& all) const;
  [[nodiscard]] bool is_ambiguous(const std::string& vm) const;
  void add_rows(const Group& group, const Latencies& latencies, std::vector<LatencyRow>& out) const;

  AnalysisOptions options_;
  Summary summary_;
  std::vector<OfTotal> of_totals_;  // by TotalKind
  InterruptLoads interrupts_;
  BlameSums blame_;
  VcpuHabits habits_;
  Groups groups_;
  std::vector<Groups::value_type*> in_interval_;                           // that had a wake in it
  std::map<std::pair<std::string, Number>, std::set<std::string>> paths_;  // by VM
};

}  // namespace wakepath::analysis
