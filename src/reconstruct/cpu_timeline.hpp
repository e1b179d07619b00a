// SPDX-License-Identifier: GPL-2.0-or-later
// Who had a CPU, from when on: the recent past of one CPU, for sub-stages and blame.
//
//   |task A     |hardirq 13    |task A |idle, state 1   |hardirq 13 |idle |task B ...
#pragma once

#include <cstdint>
#include <deque>

namespace wakepath::reconstruct {

// What executes on a CPU: its current task, or what lies over it.
struct Holder {
  enum class Kind : std::uint8_t { unknown, task, idle, hardirq, ipi, softirq };

  Kind kind{Kind::unknown};
  bool idle_below{false};    // the current task is the idle task, whatever lies over it
  bool leaving_idle{false};  // idle: cpu_idle said so
  std::uint32_t tid{};       // task
  std::int32_t prio{};       // task; kernel priority, kNoPrio: not known
  std::uint32_t number{};    // hardirq: irq; ipi: enum wp_ipi_reason; softirq: vector; idle: state
  std::uint64_t action{};    // hardirq: address of the irqaction, 0: none (x86's timer vector)
  std::uint64_t hrtimer{};   // hardirq, softirq: whose callback runs; 0: none
  std::uint64_t function{};  // of that callback

  bool operator==(const Holder&) const = default;
};

inline constexpr std::int32_t kNoPrio = INT32_MIN;
inline constexpr std::uint32_t kNoIdleState = UINT32_MAX;

class CpuTimeline {
 public:
  struct Span {
    std::uint64_t begin_ns{};
    std::uint64_t end_ns{};
    Holder holder;
  };

  // From `time_ns` on `holder` has the CPU.
  void set(std::uint64_t time_ns, const Holder& holder);
  // Calls `visit(const Span&)` for what lies in [begin_ns, end_ns), cut to it, oldest first and
  // without gaps: what is not known, or forgotten, is there as such.
  template <typename Visit>
  void visit(std::uint64_t begin_ns, std::uint64_t end_ns, Visit visit) const;
  // The one who had it at `time_ns`.
  [[nodiscard]] Holder at(std::uint64_t time_ns) const;
  // The one who has it now turns out to be `holder`.
  void relabel(const Holder& holder) {
    if (!changes_.empty()) {
      changes_.back().holder = holder;
    }
  }

 private:
  struct Change {
    std::uint64_t at_ns;
    Holder holder;
  };
  using Changes = std::deque<Change>;
  // The last change at or before `time_ns`; end: none is remembered.
  [[nodiscard]] Changes::const_iterator before(std::uint64_t time_ns) const;

  static constexpr std::size_t kKept = 4096;
  Changes changes_;
};

template <typename Visit>
void CpuTimeline::visit(std::uint64_t begin_ns, std::uint64_t end_ns, Visit visit) const {
  auto change = before(begin_ns);
  std::uint64_t at = begin_ns;
  if (change == changes_.end()) {
    const bool none = changes_.empty() || changes_.front().at_ns >= end_ns;
    const std::uint64_t until = none ? end_ns : changes_.front().at_ns;
    if (until > at) {
      visit(Span{at, until, Holder{}});
    }
    at = until;
    change = changes_.begin();
  }
  while (at < end_ns && change != changes_.end()) {
    const auto next = change + 1;
    const std::uint64_t until =
        next == changes_.end() || next->at_ns >= end_ns ? end_ns : next->at_ns;
    if (until > at) {
      visit(Span{at, until, change->holder});
      at = until;
    }
    change = next;
  }
}

}  // namespace wakepath::reconstruct
