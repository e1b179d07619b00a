// SPDX-License-Identifier: GPL-2.0-or-later
// Inside each stage: which task or interrupt held the CPU that the chain was waiting for, and the
// parts of the wait. Blame sums to the stage: time that the timelines do not explain is there as
// unexplained.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "reconstruct/blame_budget.hpp"
#include "reconstruct/blame_list.hpp"
#include "reconstruct/cause.hpp"
#include "reconstruct/cpu_timeline.hpp"
#include "reconstruct/fact_store.hpp"
#include "reconstruct/thread_state.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::reconstruct {

// Which part of a stage is the chain's own, and on which CPU the chain waited.
struct StageBasis {
  // The chain's own code: a thread, an interrupt with one callback in it, a softirq.
  std::uint32_t self_tid{};
  bool self_in_irq{false};
  std::uint32_t irq{};
  std::uint64_t action{};
  std::optional<std::uint32_t> self_softirq;
  std::uint64_t hrtimer{};  // whose callback is its own; others in the same interrupt are not

  // A thread that is waited for in this stage: woken, and switched in. 0: none.
  std::uint64_t waking_ns{};
  std::uint32_t waking_cpu{};
  std::uint64_t sched_in_ns{};

  // Since when the chain's thread could run but for its turn; 0: it is not known that it could.
  std::uint64_t ready_ns{};
  std::int32_t prio{kNoPrio};  // of that thread, kernel priority

  // Up to when the chain's worker did other work, and what. 0: it did none.
  std::uint64_t other_until_ns{};
  std::uint64_t other_function{};

  // Since when a vCPU's thread is in its VMM; UINT64_MAX: it is not.
  std::uint64_t user_since_ns{UINT64_MAX};

  // Where the chain's thread was, running or waiting; nullopt: on the stage's CPU all the time.
  std::optional<std::uint32_t> first_cpu;
  std::vector<CpuMove> moves;
  std::vector<SleepSpan> sleeps;  // of the chain's own thread
};

class Blamer {
 public:
  // Timelines by CPU. All must outlive the blamer. What the budget does not allow is unexplained.
  Blamer(const FactStore& facts, const ThreadTracker& threads,
         const std::deque<CpuTimeline>& timelines, BlameBudget& budget)
      : facts_(facts), threads_(threads), timelines_(timelines), budget_(budget) {}

  // Fills the stage's blame, and the sub-stages of the waiting in it.
  void explain(Stage& stage, const StageBasis& basis);

 private:
  void blame(Stage& stage, const StageBasis& basis, std::uint64_t in_flight_until_ns);
  // Up to when an idle CPU did not know that it was wanted; 0: it was not idle, or knew at once.
  std::uint64_t split_wait(Stage& stage, const StageBasis& basis) const;
  [[nodiscard]] Blame name(const Holder& holder, const StageBasis& basis,
                           std::uint64_t at_ns) const;
  // A worker that does other work than the chain's.
  [[nodiscard]] Blame other_work(const Holder& holder, const StageBasis& basis,
                                 std::uint64_t at_ns) const;
  // False: the budget did not allow it, and all of it was shown as unknown.
  template <typename Visit>
  bool visit(std::uint32_t cpu, std::uint64_t begin_ns, std::uint64_t end_ns, Visit visit) const;

  const FactStore& facts_;
  const ThreadTracker& threads_;
  const std::deque<CpuTimeline>& timelines_;
  BlameBudget& budget_;
  BlameList list_;  // of the stage that is being explained
};

}  // namespace wakepath::reconstruct
