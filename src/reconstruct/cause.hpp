// SPDX-License-Identifier: GPL-2.0-or-later
// Why something happened: a hop that has acted, and the hop before it. Immutable once made; shared
// by all that it caused.
//
//   timer(hrtimer) <- work(function) <- [the wake of the vCPU]
//        parent          parent
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wakepath/wake_chain.hpp"

namespace wakepath::reconstruct {

inline constexpr unsigned kMaxHops = 8;

// A thread that waits for a CPU waits for this one from `since_ns` on.
struct CpuMove {
  std::uint64_t since_ns{};
  std::uint32_t cpu{};
};

struct SleepSpan {
  enum class Kind : std::uint8_t {
    in_function,  // a work item's function sleeps, whatever its CPU does meanwhile
    on_its_way,   // a vCPU's thread: the task on its CPU may be the one that it waits for
    frozen,       // by the freezer: of a suspended host, of cgroup v1
  };
  std::uint64_t begin_ns{};
  std::uint64_t end_ns{};  // 0: it still sleeps
  Kind kind{Kind::in_function};
};

struct Cause {
  HopKind kind{HopKind::irq};
  bool broken{false};          // its own cause was not seen although there must have been one
  bool from_guest{false};      // task: a vCPU's thread; following back stops here
  std::uint32_t cpu{};         // where it acted
  std::uint32_t tid{};         // work, task, softirq in ksoftirqd: the thread
  bool never_switched{false};  // task: has been on its CPU since before the capture
  unsigned depth{1};

  // 0: not known, or this kind of cause has no such time.
  std::uint64_t requested_ns{};  // softirq: raise; work: queue; task: waking
  std::uint64_t expiry_ns{};     // timer, and softirq that runs one: on CLOCK_MONOTONIC
  std::uint64_t
      entry_ns{};  // timer, irq, ipi: IRQ entry; softirq: entry; work: start; task: sched_in
  std::uint64_t callback_ns{};  // where a timer runs: hrtimer_expire_entry
  std::uint64_t acted_ns{};     // when it queued, raised or woke the next cause

  std::uint64_t hrtimer{};   // address
  std::uint64_t function{};  // timer, work: address
  std::uint64_t action{};    // irq, timer: address of the irqaction
  std::uint32_t irq{};
  std::uint32_t vector{};  // softirq: number; ipi: enum wp_ipi_reason
  bool has_irq{false};
  bool guest_timer{false};  // irq: it put up the line of a guest's timer
  std::string task;         // work, task: the thread's name; softirq: of the ksoftirqd that runs it

  // work: up to when its thread did other work while it waited, 0: it did none; and what
  std::uint64_t other_until_ns{};
  std::uint64_t other_function{};

  // work, softirq in ksoftirqd: the thread's own way onto its CPU, where it was woken for this
  std::uint64_t waking_ns{};
  std::uint64_t wakeup_ns{};
  std::uint64_t sched_in_ns{};
  std::uint32_t waking_cpu{};               // task too
  std::optional<std::uint32_t> wakeup_cpu;  // work, task: where it was queued by its last wakeup
  std::vector<CpuMove> moves;               // and where it was moved to since
  std::vector<SleepSpan> sleeps;            // work: while its function ran

  // Events before this were not needed to make this cause; one lost after it could have changed it.
  // 0: its own times say so.
  std::uint64_t rests_on_ns{};

  std::shared_ptr<const Cause> parent;  // null: this is the root
};

using CausePtr = std::shared_ptr<const Cause>;

}  // namespace wakepath::reconstruct
