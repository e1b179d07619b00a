// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/lanes.hpp"

#include <algorithm>

#include "reconstruct/thread_state.hpp"

namespace wakepath::report {

namespace {

using reconstruct::Holder;

constexpr std::size_t kMostThreads = 262'144;  // a stream may name any number

LaneKind kind_of(const Holder& holder) {
  if (holder.hrtimer != 0) {
    return LaneKind::timer;
  }
  switch (holder.kind) {
    case Holder::Kind::idle:
      return holder.leaving_idle ? LaneKind::leaving_idle : LaneKind::idle;
    case Holder::Kind::hardirq:
      return LaneKind::irq;
    case Holder::Kind::ipi:
      return LaneKind::ipi;
    case Holder::Kind::softirq:
      return LaneKind::softirq;
    case Holder::Kind::task:
      return LaneKind::task;
    case Holder::Kind::unknown:
      break;
  }
  return LaneKind::unknown;
}

}  // namespace

LaneRecorder::Cpu& LaneRecorder::cpu(std::uint32_t number) {
  while (cpus_.size() <= number) {
    cpus_.emplace_back(static_cast<std::uint32_t>(cpus_.size()));
  }
  return cpus_[number];
}

void LaneRecorder::loss(const order::LossInterval& loss) {
  loss_times_.add(loss, loss.cpu ? &cpu(*loss.cpu).losses : nullptr);
}

LaneRecorder::Thing LaneRecorder::thing_of(const Cpu& on, std::uint64_t now_ns) const {
  const Holder holder = on.context.holder();
  Thing thing{kind_of(holder), holder.number, 0};
  switch (thing.kind) {
    case LaneKind::timer:
      thing = {LaneKind::timer, 0, holder.function};
      break;
    case LaneKind::irq:
      thing.function = holder.action;
      break;
    case LaneKind::task:
      thing.number = holder.tid;
      if (on.in_guest) {
        thing.kind = LaneKind::guest;
      } else if (const auto work = working_.find(holder.tid); work != working_.end()) {
        thing = {LaneKind::work, holder.tid, work->second};
      } else if (facts_->vcpu(holder.tid, now_ns) != nullptr) {
        thing.kind = LaneKind::vcpu;
      } else if (const auto thread = threads_.find(holder.tid);
                 thread != threads_.end() && thread->second.kernel) {
        thing.kind = LaneKind::kthread;
      }
      break;
    default:
      break;
  }
  return thing;
}

void LaneRecorder::change(std::uint32_t number, Cpu& on, const Thing& to, std::uint64_t at_ns,
                          std::uint64_t told_ns) {
  if (on.thing == to) {
    return;
  }
  if (on.since_ns != 0 && at_ns > on.since_ns) {
    kept_.push_back({on.since_ns, at_ns, told_ns, on.thing, number});
    looks_ += kLooksOfSpan;
    if (kept_.size() > most_) {
      forgotten_ns_ = std::max(forgotten_ns_, kept_.front().end_ns);
      kept_.pop_front();
    }
  }
  on.thing = to;
  on.since_ns = std::max(on.since_ns, at_ns);
}

void LaneRecorder::switched(Cpu& on, const Event& event) {
  const wp_switch& to = event.payload.sched_switch;
  on.context.in_task();
  on.context.switched_to(to.next_tid, to.next_prio);
  if (event.tid != 0 && (threads_.size() < kMostThreads || threads_.contains(event.tid))) {
    threads_[event.tid].kernel = (to.prev_flags & WP_TASK_KTHREAD) != 0;
  }
  if (threads_.size() < kMostThreads || threads_.contains(to.next_tid)) {
    Thread& next = threads_[to.next_tid];
    next.kernel = (to.next_flags & WP_TASK_KTHREAD) != 0;
    next.comm = reconstruct::comm_text(to.next_comm);
  }
}

void LaneRecorder::work(Cpu& on, const Event& event) {
  on.context.in_task();
  if (event.kind == WP_EVENT_WORK_START || event.kind == WP_EVENT_KTHREAD_WORK_START) {
    if (working_.size() >= kMostThreads) {
      working_.clear();
    }
    working_[event.tid] = event.payload.work.function;
  } else {
    working_.erase(event.tid);
  }
}

void LaneRecorder::update(Cpu& on, const Event& event) {
  reconstruct::CpuContext& context = on.context;
  switch (event.kind) {
    case WP_EVENT_IRQ_ENTRY:
      return context.irq_entry(event);
    case WP_EVENT_IRQ_EXIT:
      return context.irq_exit(event);
    case WP_EVENT_VECTOR_ENTRY:
      return context.vector_entry(event);
    case WP_EVENT_VECTOR_EXIT:
      return context.vector_exit(event);
    case WP_EVENT_IPI_ENTRY:
      context.ipi_entry(event);
      return;
    case WP_EVENT_IPI_EXIT:
      return context.ipi_exit(event);
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
      return context.hrtimer_entry(event);
    case WP_EVENT_HRTIMER_EXPIRE_EXIT:
      context.hrtimer_exit(event);
      return;
    case WP_EVENT_SOFTIRQ_ENTRY:
      return context.softirq_entry(event);
    case WP_EVENT_SOFTIRQ_EXIT:
      return context.softirq_exit(event);
    case WP_EVENT_SOFTIRQ_RAISE:
    case WP_EVENT_WORK_QUEUE:
    case WP_EVENT_KTHREAD_WORK_QUEUE:
    case WP_EVENT_WAKING:
    case WP_EVENT_VCPU_KICK: {
      // The event says what context the CPU was in, so frames that contradict it are dropped.
      bool unknown = false;
      static_cast<void>(context.interrupt_cause(event, unknown));
      return;
    }
    case WP_EVENT_WORK_START:
    case WP_EVENT_WORK_END:
    case WP_EVENT_KTHREAD_WORK_START:
    case WP_EVENT_KTHREAD_WORK_END:
      return work(on, event);
    case WP_EVENT_SWITCH:
      return switched(on, event);
    case WP_EVENT_CPU_IDLE:
      context.in_task();
      return context.cpu_idle(event);
    case WP_EVENT_RENAME:
      if (const auto thread = threads_.find(event.payload.rename.tid); thread != threads_.end()) {
        thread->second.comm = reconstruct::comm_text(event.payload.rename.comm);
      }
      return;
    case WP_EVENT_KVM_ENTRY:
    case WP_EVENT_KVM_EXIT:
    case WP_EVENT_KVM_VCPU_WAKEUP:
    case WP_EVENT_KVM_USERSPACE_EXIT:
      return context.in_task();
    case WP_EVENT_TASK_EXIT:
      working_.erase(event.payload.task_exit.tid);
      return;
    default:
      return;
  }
}

void LaneRecorder::event(const Event& event) {
  Cpu& on = cpu(event.cpu);
  if (const std::uint64_t void_since = loss_times_.take(on.losses, event.time_ns);
      void_since != UINT64_MAX) {
    on.context.forget();
    on.in_guest = false;
    change(event.cpu, on, Thing{}, void_since, event.time_ns);
  }
  on.context.begin(event);
  on.context.current_task(event.tid);
  update(on, event);
  // Nothing of the host runs while the guest does: any event there is one after it has left.
  const bool in_guest = event.kind == WP_EVENT_KVM_ENTRY;
  const bool changed = on.in_guest != in_guest || event.kind == WP_EVENT_WORK_START ||
                       event.kind == WP_EVENT_WORK_END ||
                       event.kind == WP_EVENT_KTHREAD_WORK_START ||
                       event.kind == WP_EVENT_KTHREAD_WORK_END;
  on.in_guest = in_guest;
  if (on.context.take_changed() || changed) {
    change(event.cpu, on, thing_of(on, event.time_ns), event.time_ns, event.time_ns);
  }
}

}  // namespace wakepath::report
