// SPDX-License-Identifier: GPL-2.0-or-later
// Who had a CPU, from when on: the recent past of one CPU, for sub-stages and blame.
//
//   |task A     |hardirq 13    |task A |idle, state 1   |hardirq 13 |idle |task B ...
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

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
    if (set_ != 0) {
      change(set_ - 1).holder = holder;
    }
  }

 private:
  struct Change {
    std::uint64_t at_ns;
    Holder holder;
  };
  static constexpr std::uint64_t kKept = 4096;  // a power of two

  // Changes are numbered from 0; [oldest(), set_) are remembered.
  [[nodiscard]] std::uint64_t oldest() const { return set_ > kKept ? set_ - kKept : 0; }
  [[nodiscard]] Change& change(std::uint64_t number) { return ring_[number & (ring_.size() - 1)]; }
  [[nodiscard]] const Change& change(std::uint64_t number) const {
    return ring_[number & (ring_.size() - 1)];
  }
  // The first change after `time_ns`; set_: there is none.
  [[nodiscard]] std::uint64_t first_after(std::uint64_t time_ns) const;

  std::vector<Change> ring_;  // grows up to kKept, a power of two always
  std::uint64_t set_{0};
};

template <typename Visit>
void CpuTimeline::visit(std::uint64_t begin_ns, std::uint64_t end_ns, Visit visit) const {
  std::uint64_t next = first_after(begin_ns);
  std::uint64_t at = begin_ns;
  Holder holder = next == oldest() ? Holder{} : change(next - 1).holder;
  while (at < end_ns) {
    const std::uint64_t until = next == set_ ? end_ns : std::min(change(next).at_ns, end_ns);
    if (until > at) {
      visit(Span{at, until, holder});
      at = until;
    }
    if (next != set_) {
      holder = change(next++).holder;
    }
  }
}

}  // namespace wakepath::reconstruct
