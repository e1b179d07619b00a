// SPDX-License-Identifier: GPL-2.0-or-later
// The state of each thread: whether it runs, its waker and the time of that, and the work item that
// it executes.
//
//   blocked --sched_waking--> runnable --switch in--> running --switch out, sleeping--> blocked
//                                                     running --switch out, preempted--> runnable
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reconstruct/cause.hpp"
#include "reconstruct/tid_map.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/event.hpp"

namespace wakepath::reconstruct {

struct WorkFrame {
  std::uint64_t work{};
  std::uint64_t function{};
  std::uint64_t queued_ns{};  // 0: its queueing was not seen
  std::uint64_t start_ns{};
  CausePtr queued_by;
  std::uint64_t other_until_ns{};  // up to when its worker did other work first; 0: it did none
  std::uint64_t other_function{};
  std::vector<SleepSpan> sleeps;  // of its function; the last may be open (end 0)
};

struct ThreadState {
  enum class Run : std::uint8_t { unknown, running, runnable, blocked };

  Run run{Run::unknown};
  std::string comm;
  std::uint32_t cpu{};
  std::uint64_t blocked_ns{};  // when it last blocked; 0: not seen
  std::uint64_t waking_ns{};   // of its current or last wake; 0: not seen
  std::uint64_t wakeup_ns{};
  std::uint64_t sched_in_ns{};  // when it last got a CPU
  std::uint64_t first_in_ns{};  // when it first got one after its last wake
  std::uint32_t waking_cpu{};
  CausePtr woken_by;
  bool wake_missing{false};  // got its CPU after a block although no waking was seen
  bool exiting{false};       // its last switch is still to come
  bool kthread{false};
  std::optional<std::uint32_t> wakeup_cpu;  // where it was queued by its last wakeup
  std::vector<CpuMove> moves;               // and where it was moved to since
  std::optional<WorkFrame> work;
  std::uint64_t work_end_ns{};  // of its last work item; 0: none was seen
  std::uint64_t ended_function{};
};

class ThreadTracker {
 public:
  ThreadState& thread(std::uint32_t tid) { return threads_[tid]; }
  [[nodiscard]] const ThreadState* find(std::uint32_t tid) const { return threads_.find(tid); }

  void waking(const Event& event, CausePtr by);
  void wakeup(const Event& event);
  void migrate(const Event& event);
  void renamed(const Event& event);
  // Both halves of a sched_switch; tid 0 (idle) has no state.
  void switched(const Event& event);
  // The thread still runs until it is switched out for good.
  void exited(std::uint32_t tid);
  [[nodiscard]] std::size_t size() const { return threads_.size(); }

  // The current task of `event` as a cause: its work item, or the thread itself. Null: idle.
  // `first_name`: the thread's, before a switch names it; may be null.
  [[nodiscard]] CausePtr task_cause(const Event& event, bool is_vcpu,
                                    const std::string* first_name) const;
  // `softirq` acts in `event`: if ksoftirqd runs it, that thread is a hop of its own.
  void add_softirq_thread(Cause& softirq, const Event& event) const;

 private:
  TidMap<ThreadState> threads_;
};

// Work items between their queueing and their execution; kthread_work too.
class WorkTracker {
 public:
  void queued(const Event& event, CausePtr by);
  void started(const Event& event, ThreadState& worker);
  static void ended(const Event& event, ThreadState& worker);
  // Forgets items queued before `time_ns`: cancelled ones never start.
  void forget_before(std::uint64_t time_ns);
  [[nodiscard]] std::size_t size() const { return pending_.size(); }

 private:
  struct Queued {
    std::uint64_t at_ns{};
    CausePtr by;
  };
  SeededMap<std::uint64_t, Queued> pending_;
};

std::string comm_text(const char (&comm)[WP_COMM_BYTES]);

}  // namespace wakepath::reconstruct
