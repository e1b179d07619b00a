// SPDX-License-Identifier: GPL-2.0-or-later
// What halt polling would do: KVM's own algorithm, run over recorded sleeps.
//
// It is that of virt/kvm/kvm_main.c: kvm_vcpu_halt(), grow_halt_poll_ns() and shrink_halt_poll_ns()
// since Linux 5.16; before, kvm_vcpu_block() has it, and a window that shrinks below grow_start is
// not 0 at once: sleeps shorter than that may be met there and are not here. Before 5.0 the window
// is held to its ceiling as it grows, later at the next halt.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "analysis/effect_sample.hpp"
#include "analysis/histogram.hpp"
#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

// As /sys/module/kvm/parameters has them.
struct PollSettings {
  std::uint64_t grow{2};
  std::uint64_t grow_start_ns{10'000};
  std::uint64_t shrink{0};  // 2 by default from Linux 6.12 on
};

// The window of one vCPU.
class PollWindow {
 public:
  PollWindow(const PollSettings& settings, std::uint64_t ceiling_ns)
      : settings_(settings), ceiling_ns_(ceiling_ns) {}

  struct Sleep {
    std::uint64_t until_event_ns{};  // from the halt to what ends it
    std::uint64_t halted_ns{};       // from the halt on, where it is slept through
    bool may_poll{true};             // no other task wanted the CPU
  };
  struct Result {
    bool met{};
    std::uint64_t burnt_ns{};
  };
  Result halt(const Sleep& sleep);
  [[nodiscard]] std::uint64_t window_ns() const { return window_ns_; }

 private:
  PollSettings settings_;
  std::uint64_t ceiling_ns_;
  std::uint64_t window_ns_{0};
};

inline constexpr std::array<std::uint64_t, 6> kPollCeilings{0,       50'000,  100'000,
                                                            200'000, 400'000, 800'000};

struct PollRow {
  std::uint64_t ceiling_ns{};  // halt_poll_ns
  std::uint64_t sleeps{}, met{};
  LatencyRow total;          // of all wakes then: an estimate
  std::uint64_t burnt_ns{};  // CPU time
  ChangeIntervals change{};  // of the total, against no polling
};

struct PollAdvice {
  std::string vm;
  std::optional<std::uint32_t> vm_pid{};
  std::size_t vcpus{};
  std::uint64_t unknown{};  // wakes of which the sleep is not known
  std::vector<PollRow> rows;
  std::optional<std::size_t> knee{};  // the row beyond which more costs more than it gives
  bool no_intervals{false};           // they would have taken too long, beside those of other VMs
};

// By VM, of the wakes that pass.
class PollModel {
 public:
  explicit PollModel(const PollSettings& settings, std::uint64_t begin_ns = 0)
      : settings_(settings), begin_ns_(begin_ns) {}
  void add(const WakeChain& chain);
  [[nodiscard]] std::vector<PollAdvice> advice() const;

 private:
  using Number = std::optional<std::uint32_t>;
  // A wake, and by which ceilings polling would meet it.
  struct Slept {
    std::uint64_t at_ns{}, total_ns{}, spared_ns{};
    std::uint32_t met{};
  };
  struct Vm {
    std::array<Histogram, kPollCeilings.size()> totals;
    std::array<std::uint64_t, kPollCeilings.size()> met{}, burnt_ns{};
    std::map<std::uint32_t, std::vector<PollWindow>> windows;  // by thread
    std::uint64_t sleeps{}, unknown{};
    std::vector<Slept> slept;  // empty where there are too many
  };
  static ChangeIntervals change_by(const Vm& vm, std::size_t ceiling, Resampling& shared);

  PollSettings settings_;
  std::uint64_t begin_ns_;
  std::map<std::tuple<std::string, Number>, Vm> vms_;
};

struct AdviceReport {
  std::vector<PollAdvice> polls;
  PollSettings settings;
  // With which it was recorded. Where that is not 0, sleeps are longer than they look, and the
  // table carries no advice.
  std::optional<std::uint64_t> halt_poll_ns;
  std::uint64_t duration_ns{};
  std::vector<Finding> findings;     // what would give most first
  std::vector<std::string> caveats;  // sentences
};

}  // namespace wakepath::analysis
