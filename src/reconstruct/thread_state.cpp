// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/thread_state.hpp"

#include <algorithm>
#include <string_view>

namespace wakepath::reconstruct {

namespace {

std::string_view comm_view(const char (&comm)[WP_COMM_BYTES]) {
  const char* end = std::find(std::begin(comm), std::end(comm), '\0');
  return {std::begin(comm), static_cast<std::size_t>(end - std::begin(comm))};
}

unsigned depth_after(const CausePtr& parent) { return parent ? parent->depth + 1 : 1; }

void follow(Cause& cause, const CausePtr& parent) {
  if (parent && parent->depth >= kMaxHops) {
    cause.broken = true;
    return;
  }
  cause.parent = parent;
  cause.depth = depth_after(parent);
}

}  // namespace

std::string comm_text(const char (&comm)[WP_COMM_BYTES]) { return std::string(comm_view(comm)); }

void ThreadTracker::waking(const Event& event, CausePtr by) {
  ThreadState& wakee = threads_[event.payload.wake.tid];
  wakee.waking_ns = event.time_ns;
  wakee.waking_cpu = event.cpu;
  wakee.wakeup_ns = 0;
  wakee.first_in_ns = 0;
  wakee.wakeup_cpu.reset();
  wakee.moves.clear();
  if (wakee.work && !wakee.work->sleeps.empty() && wakee.work->sleeps.back().end_ns == 0) {
    wakee.work->sleeps.back().end_ns = event.time_ns;
  }
  wakee.woken_by = std::move(by);
  wakee.wake_missing = false;
  if (wakee.run != ThreadState::Run::running) {
    wakee.run = ThreadState::Run::runnable;
  }
}

void ThreadTracker::wakeup(const Event& event) {
  ThreadState& wakee = threads_[event.payload.wake.tid];
  wakee.wakeup_ns = event.time_ns;
  wakee.cpu = event.payload.wake.cpu;
  wakee.wakeup_cpu = event.payload.wake.cpu;
}

void ThreadTracker::migrate(const Event& event) {
  ThreadState* thread = threads_.find(event.payload.migrate.tid);
  // Before its wakeup this is where it is woken to, not a move. A thread that never runs must not
  // grow without end.
  constexpr std::size_t kMaxMoves = 64;
  if (thread != nullptr && thread->wakeup_cpu && thread->moves.size() < kMaxMoves) {
    thread->moves.push_back({event.time_ns, event.payload.migrate.cpu});
  }
}

void ThreadTracker::renamed(const Event& event) {
  if (ThreadState* thread = threads_.find(event.payload.rename.tid)) {
    thread->comm = comm_view(event.payload.rename.comm);
  }
}

void ThreadTracker::switched(const Event& event) {
  const wp_switch& change = event.payload.sched_switch;
  const bool stays_runnable = change.preempt != 0 || change.prev_state == 0;
  if (const ThreadState* last = threads_.find(event.tid);
      last != nullptr && last->exiting && !stays_runnable) {
    threads_.erase(event.tid);
  } else if (event.tid != 0) {
    ThreadState& prev = threads_[event.tid];
    prev.run = stays_runnable ? ThreadState::Run::runnable : ThreadState::Run::blocked;
    // A waking that came before the sleep was complete belongs to this sleep.
    const bool woken_already = prev.waking_ns != 0 && prev.waking_ns > prev.sched_in_ns;
    if (!stays_runnable) {
      prev.blocked_ns = event.time_ns;
      constexpr std::size_t kMaxSleeps = 256;
      if (prev.work && prev.work->sleeps.size() < kMaxSleeps) {
        const std::uint64_t end = woken_already ? event.time_ns : 0;
        prev.work->sleeps.push_back({event.time_ns, end});
      }
      if (woken_already) {
        prev.run = ThreadState::Run::runnable;
      } else {
        prev.waking_ns = 0;
        prev.woken_by = nullptr;
      }
    }
  }
  if (change.next_tid != 0) {
    ThreadState& next = threads_[change.next_tid];
    const std::string_view comm = comm_view(change.next_comm);
    if (next.comm != comm) {
      next.comm = comm;
    }
    if (next.run == ThreadState::Run::blocked ||
        (next.run == ThreadState::Run::unknown && next.waking_ns == 0)) {
      next.wake_missing = true;
    }
    next.run = ThreadState::Run::running;
    next.kthread = (change.next_flags & WP_TASK_KTHREAD) != 0;
    next.sched_in_ns = event.time_ns;
    if (next.first_in_ns == 0) {
      next.first_in_ns = event.time_ns;
    }
    next.cpu = event.cpu;
  }
}

void ThreadTracker::exited(std::uint32_t tid) {
  if (ThreadState* thread = threads_.find(tid)) {
    thread->exiting = true;
  }
}

CausePtr ThreadTracker::task_cause(const Event& event, bool is_vcpu,
                                   const std::string* first_name) const {
  if (event.tid == 0) {
    return nullptr;
  }
  auto cause = std::make_shared<Cause>();
  cause->cpu = event.cpu;
  cause->tid = event.tid;
  cause->acted_ns = event.time_ns;
  cause->kind = HopKind::task;
  const ThreadState* thread = find(event.tid);
  if (first_name != nullptr) {
    cause->task = *first_name;
  }
  if (thread == nullptr) {
    // Never switched in since the capture began: it ran before, on its own account.
    cause->from_guest = is_vcpu;
    cause->never_switched = !is_vcpu;
    return cause;
  }
  if (!thread->comm.empty()) {
    cause->task = thread->comm;
  }
  if (thread->work) {
    cause->kind = HopKind::work;
    cause->function = thread->work->function;
    cause->requested_ns = thread->work->queued_ns;
    cause->entry_ns = thread->work->start_ns;
    if (thread->waking_ns >= cause->requested_ns && thread->waking_ns <= cause->entry_ns) {
      cause->waking_ns = thread->waking_ns;
      cause->wakeup_ns = thread->wakeup_ns;
      cause->waking_cpu = thread->waking_cpu;
    }
    if (thread->sched_in_ns >= cause->requested_ns && thread->sched_in_ns <= cause->entry_ns) {
      cause->sched_in_ns = thread->sched_in_ns;
    }
    cause->sleeps = thread->work->sleeps;
    cause->other_until_ns = thread->work->other_until_ns;
    cause->other_function = thread->work->other_function;
    cause->wakeup_cpu = thread->wakeup_cpu;
    cause->moves = thread->moves;
    cause->broken = thread->work->queued_by == nullptr;
    follow(*cause, thread->work->queued_by);
    return cause;
  }
  if (is_vcpu) {
    cause->from_guest = true;
    return cause;
  }
  if (thread->run == ThreadState::Run::unknown) {
    cause->never_switched = true;
    return cause;
  }
  cause->entry_ns = thread->first_in_ns;
  cause->rests_on_ns = thread->first_in_ns;
  const bool acts_asleep = thread->run == ThreadState::Run::blocked;
  cause->broken = thread->wake_missing || acts_asleep || thread->woken_by == nullptr;
  if (thread->wake_missing || acts_asleep || thread->waking_ns == 0) {
    return cause;
  }
  cause->requested_ns = thread->waking_ns;
  cause->wakeup_ns = thread->wakeup_ns;
  cause->waking_cpu = thread->waking_cpu;
  cause->wakeup_cpu = thread->wakeup_cpu;
  cause->moves = thread->moves;
  follow(*cause, thread->woken_by);
  return cause;
}

void ThreadTracker::add_softirq_thread(Cause& softirq, const Event& event) const {
  const ThreadState* thread = find(event.tid);
  // kernel/softirq.c; ktimers is PREEMPT_RT's own for timers.
  const bool serves_softirqs =
      thread != nullptr && thread->kthread &&
      (thread->comm.starts_with("ksoftirqd/") || thread->comm.starts_with("ktimers/"));
  if (!serves_softirqs) {
    return;
  }
  softirq.tid = event.tid;
  softirq.task = thread->comm;
  if (thread->waking_ns >= softirq.requested_ns && thread->waking_ns <= softirq.entry_ns) {
    softirq.waking_ns = thread->waking_ns;
    softirq.wakeup_ns = thread->wakeup_ns;
    softirq.waking_cpu = thread->waking_cpu;
  }
  if (thread->sched_in_ns >= softirq.requested_ns && thread->sched_in_ns <= softirq.entry_ns) {
    softirq.sched_in_ns = thread->sched_in_ns;
  }
}

void WorkTracker::queued(const Event& event, CausePtr by) {
  pending_[event.payload.work.work] = {event.time_ns, std::move(by)};
}

void WorkTracker::started(const Event& event, ThreadState& worker) {
  const wp_work& work = event.payload.work;
  WorkFrame frame{work.work, work.function, 0, event.time_ns, nullptr, 0, 0, {}};
  if (const auto found = pending_.find(work.work); found != pending_.end()) {
    frame.queued_ns = found->second.at_ns;
    frame.queued_by = std::move(found->second.by);
    pending_.erase(found);
    if (worker.work_end_ns > frame.queued_ns) {
      frame.other_until_ns = worker.work_end_ns;
      frame.other_function = worker.ended_function;
    }
  }
  worker.work = std::move(frame);
}

void WorkTracker::ended(const Event& event, ThreadState& worker) {
  if (worker.work && worker.work->work == event.payload.work.work) {
    worker.work_end_ns = event.time_ns;
    worker.ended_function = worker.work->function;
    worker.work.reset();
  }
}

void WorkTracker::forget_before(std::uint64_t time_ns) {
  std::erase_if(pending_, [&](const auto& entry) { return entry.second.at_ns < time_ns; });
}

}  // namespace wakepath::reconstruct
