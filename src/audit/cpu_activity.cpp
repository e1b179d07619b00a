// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/cpu_activity.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "reconstruct/thread_state.hpp"
#include "util/saturated.hpp"

namespace wakepath::audit {
namespace {

using reconstruct::Holder;

// As the bounds of what is counted.
constexpr std::size_t kMostThreads = 262'144;
constexpr std::size_t kMostPlaces = 1'000'000;  // of vCPUs
constexpr std::size_t kMostQueued = 65'536;
constexpr std::size_t kWorksKept = 1024;  // by CPU, for the wakes that are told later

}  // namespace

CpuActivity::Cpu& CpuActivity::cpu(std::uint32_t number) {
  while (cpus_.size() <= number) {
    cpus_.emplace_back(static_cast<std::uint32_t>(cpus_.size()));
  }
  return cpus_[number];
}

void CpuActivity::loss(const order::LossInterval& loss) {
  Cpu* const of = loss.cpu ? &cpu(*loss.cpu) : nullptr;
  loss_times_.add(loss, of != nullptr ? &of->losses : nullptr);
  (of != nullptr ? of->lost : lost_).add(loss.begin_ns, loss.end_ns);
  for (Span* const span : {&all_, &lately_}) {
    std::uint64_t& count =
        loss.kind == order::LossInterval::Kind::missed ? span->missed : span->lost;
    count = saturated_sum(count, loss.lost.value_or(1));
  }
}

void CpuActivity::settle(Cpu& on, std::uint64_t now_ns) {
  if (on.since_ns && now_ns > *on.since_ns) {
    const std::uint64_t lost_ns = lost_in_either(on.lost, lost_, *on.since_ns, now_ns);
    on.lost.drop_until(now_ns);
    const std::uint64_t ns = now_ns - *on.since_ns - lost_ns;
    Activity& lately = on.lately;
    lately.unknown_ns += lost_ns;
    if (!on.known) {
      lately.unknown_ns += ns;
    } else if (on.counted != nullptr) {
      Counted& counted = *on.counted;
      counted.ns += ns;
      counted.run_ns += ns;
      counted.longest_ns = std::max(counted.longest_ns, counted.run_ns);
    }
  }
  on.since_ns = std::max(on.since_ns.value_or(0), now_ns);
}

CpuActivity::Counted* CpuActivity::begin(Cpu& on, const Key& key) {
  std::map<Key, Counted>& ran = on.lately.ran;
  auto found = ran.find(key);
  if (found == ran.end()) {
    if (ran.size() >= kMostKinds || kinds_kept_ >= kMostKindsInAll) {
      cut_ = true;
      return nullptr;
    }
    ++kinds_kept_;
    found = ran.try_emplace(key).first;
  }
  Counted& counted = found->second;
  ++counted.count;
  counted.run_ns = 0;
  if (on.current == key) {
    on.counted = &counted;
  }
  return &counted;
}

void CpuActivity::enter(Cpu& on) {
  const Holder holder = on.context.holder();
  on.known = holder.kind != Holder::Kind::unknown;
  on.current.reset();
  on.counted = nullptr;
  if (!on.known || holder.kind == Holder::Kind::idle) {
    return;
  }
  if (holder.hrtimer != 0) {
    on.current = Key{Ran::Kind::timer, 0, holder.function};
  } else if (holder.kind == Holder::Kind::hardirq) {
    on.current = Key{Ran::Kind::irq, holder.number, holder.action};
  } else if (holder.kind == Holder::Kind::ipi) {
    on.current = Key{Ran::Kind::ipi, holder.number, 0};
  } else if (holder.kind == Holder::Kind::softirq) {
    on.current = Key{Ran::Kind::softirq, holder.number, 0};
  } else if (const auto work = working_.find(holder.tid); work != working_.end()) {
    on.current = Key{Ran::Kind::work, 0, work->second.function};
  } else {
    on.current = Key{Ran::Kind::task, holder.tid, 0};
  }
  // The first holder of a CPU, and the first after a loss, began before it was seen.
  const auto found = on.lately.ran.find(*on.current);
  if (found != on.lately.ran.end()) {
    on.counted = &found->second;
  } else if (Counted* const counted = begin(on, *on.current)) {
    counted->count = 0;
  }
}

void CpuActivity::softirq(Cpu& on, const Event& event) {
  const std::uint32_t vector = event.payload.softirq.vector;
  if (event.kind == WP_EVENT_SOFTIRQ_RAISE) {
    bool unknown = false;
    const auto cause = on.context.interrupt_cause(event, unknown);
    if (vector < reconstruct::kSoftirqs && cause && cause->kind == HopKind::irq && cause->has_irq) {
      on.raised_by[vector] = cause->irq;
    }
    return;
  }
  if (event.kind == WP_EVENT_SOFTIRQ_EXIT) {
    on.context.softirq_exit(event);
    return;
  }
  on.context.softirq_entry(event);
  Counted* const counted = begin(on, {Ran::Kind::softirq, vector, 0});
  if (const auto by = on.raised_by.find(vector); by != on.raised_by.end()) {
    if (counted != nullptr) {
      counted->by_irq = by->second;
    }
    on.raised_by.erase(by);
  }
}

void CpuActivity::queue(Cpu& on, const Event& event) {
  if (queued_.size() >= kMostQueued) {
    queued_.clear();
  }
  Asker by{event.cpu, event.tid, {}, false};
  const auto cause = on.context.interrupt_cause(event, by.interrupt);
  by.interrupt = by.interrupt || cause != nullptr;
  if (cause && cause->kind == HopKind::irq && cause->has_irq) {
    by.irq = cause->irq;
  }
  queued_[event.payload.work.work] = by;
}

void CpuActivity::work(Cpu& on, const Event& event) {
  const wp_work& item = event.payload.work;
  on.context.in_task();
  if (event.kind == WP_EVENT_WORK_START || event.kind == WP_EVENT_KTHREAD_WORK_START) {
    if (working_.size() >= kMostThreads) {
      working_.clear();
    }
    working_[event.tid] = {item.function, event.tid, event.time_ns, 0};
    const auto by = queued_.find(item.work);
    if (Counted* const counted = begin(on, {Ran::Kind::work, 0, item.function})) {
      counted->worker = event.tid;
      if (by != queued_.end()) {
        counted->by = by->second;
      }
    }
    if (by != queued_.end()) {
      queued_.erase(by);
    }
  } else if (const auto open = working_.find(event.tid); open != working_.end()) {
    open->second.end_ns = event.time_ns;
    on.works.push_back(open->second);
    working_.erase(open);
    if (on.works.size() > kWorksKept) {
      on.works.pop_front();
    }
  }
  enter(on);
}

// The work item that the worker executed longest on this CPU during the stage.
std::uint64_t CpuActivity::worked_on(std::uint32_t tid, const Stage& stage) const {
  std::uint64_t function = 0;
  std::uint64_t longest_ns = 0;
  const auto look_at = [&](const Work& work, std::uint64_t end_ns) {
    const std::uint64_t from = std::max(work.begin_ns, stage.begin_ns);
    const std::uint64_t to = std::min(end_ns, stage.end_ns);
    if (work.tid == tid && to > from && to - from > longest_ns) {
      longest_ns = to - from;
      function = work.function;
    }
  };
  if (const auto open = working_.find(tid); open != working_.end()) {
    look_at(open->second, stage.end_ns);
  }
  if (stage.cpu < cpus_.size()) {
    // They stand in the order in which they ended, and most of them ended before the stage began.
    const std::deque<Work>& works = cpus_[stage.cpu].works;
    auto work = works.end();
    while (work != works.begin() && std::prev(work)->end_ns > stage.begin_ns) {
      --work;
    }
    for (; work != works.end(); ++work) {
      look_at(*work, work->end_ns);
    }
  }
  return function;
}

void CpuActivity::was_on(Cpu& on, std::uint32_t tid, const Event& event) {
  if (tid == on.placed) {
    return;
  }
  if (places_kept_ < kMostPlaces && facts_->vcpu_then(tid, event.time_ns) != nullptr) {
    places_kept_ += vcpus_[tid].insert(event.cpu).second ? 1U : 0U;
    on.placed = tid;
  }
}

void CpuActivity::switched(Cpu& on, const Event& event) {
  const wp_switch& change = event.payload.sched_switch;
  on.context.in_task();
  on.context.switched_to(change.next_tid, change.next_prio);
  if (threads_.size() < kMostThreads) {
    if (event.tid != 0) {
      threads_[event.tid].kernel = (change.prev_flags & WP_TASK_KTHREAD) != 0;
    }
    ThreadName& next = threads_[change.next_tid];
    next.comm = reconstruct::comm_text(change.next_comm);
    next.kernel = (change.next_flags & WP_TASK_KTHREAD) != 0;
  }
  if (change.next_tid != 0 && !working_.contains(change.next_tid)) {
    begin(on, {Ran::Kind::task, change.next_tid, 0});
  }
  for (const std::uint32_t tid : {event.tid, change.next_tid}) {
    was_on(on, tid, event);
  }
}

void CpuActivity::update(Cpu& on, const Event& event) {
  reconstruct::CpuContext& context = on.context;
  switch (event.kind) {
    case WP_EVENT_IRQ_ENTRY:
      context.irq_entry(event);
      begin(on, {Ran::Kind::irq, event.payload.irq.irq, event.payload.irq.action});
      break;
    case WP_EVENT_IRQ_EXIT:
      context.irq_exit(event);
      break;
    case WP_EVENT_VECTOR_ENTRY:
      context.vector_entry(event);
      begin(on, {Ran::Kind::irq, event.payload.vector.vector, 0});
      break;
    case WP_EVENT_VECTOR_EXIT:
      context.vector_exit(event);
      break;
    case WP_EVENT_IPI_ENTRY:
      context.ipi_entry(event);
      begin(on, {Ran::Kind::ipi, event.payload.ipi.reason, 0});
      break;
    case WP_EVENT_IPI_EXIT:
      context.ipi_exit(event);
      break;
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
      context.hrtimer_entry(event);
      begin(on, {Ran::Kind::timer, 0, event.payload.hrtimer.function});
      break;
    case WP_EVENT_HRTIMER_EXPIRE_EXIT:
      context.hrtimer_exit(event);
      break;
    case WP_EVENT_SOFTIRQ_RAISE:
    case WP_EVENT_SOFTIRQ_ENTRY:
    case WP_EVENT_SOFTIRQ_EXIT:
      softirq(on, event);
      break;
    case WP_EVENT_WORK_QUEUE:
    case WP_EVENT_KTHREAD_WORK_QUEUE:
      queue(on, event);
      break;
    case WP_EVENT_WAKING:
    case WP_EVENT_VCPU_KICK: {
      // The event says what context the CPU was in, so frames that contradict it are dropped.
      bool unknown = false;
      static_cast<void>(context.interrupt_cause(event, unknown));
      break;
    }
    case WP_EVENT_WORK_START:
    case WP_EVENT_WORK_END:
    case WP_EVENT_KTHREAD_WORK_START:
    case WP_EVENT_KTHREAD_WORK_END:
      work(on, event);
      break;
    case WP_EVENT_SWITCH:
      switched(on, event);
      break;
    case WP_EVENT_CPU_IDLE:
      context.in_task();
      context.cpu_idle(event);
      break;
    case WP_EVENT_RENAME:
      if (threads_.size() < kMostThreads) {
        threads_[event.payload.rename.tid].comm = reconstruct::comm_text(event.payload.rename.comm);
      }
      break;
    case WP_EVENT_KVM_ENTRY:
    case WP_EVENT_KVM_EXIT:
    case WP_EVENT_KVM_VCPU_WAKEUP:
    case WP_EVENT_KVM_USERSPACE_EXIT:
      context.in_task();
      was_on(on, event.tid, event);
      break;
    case WP_EVENT_TASK_EXIT:
      working_.erase(event.payload.task_exit.tid);
      break;
    default:
      break;
  }
}

void CpuActivity::event(const Event& event) {
  Cpu& on = cpu(event.cpu);
  now_ns_ = std::max(now_ns_, event.time_ns);
  if (!std::exchange(began_, true)) {
    all_.begin_ns = lately_.begin_ns = event.time_ns;
  }
  if (const std::uint64_t void_since_ns = loss_times_.take(on.losses, event.time_ns);
      void_since_ns != UINT64_MAX) {
    if (on.since_ns) {
      settle(on, void_since_ns);
    }
    on.context.forget();
    on.known = false;
  }
  settle(on, event.time_ns);
  if (const std::size_t kind = event.kind; kind < kKinds) {
    kinds_.set(kind);
  }
  on.context.begin(event);
  on.context.current_task(event.tid);
  update(on, event);
  if (on.context.take_changed()) {
    enter(on);
  }
}

void CpuActivity::wake(const WakeChain& chain) {
  ++all_.wakes;
  ++lately_.wakes;
  std::map<DelayKey, std::uint64_t> here;
  for (const Stage& stage : chain.stages) {
    for (const Blame& blame : stage.blame) {
      const bool by_task = blame.kind == BlameKind::task;
      if (by_task || blame.kind == BlameKind::hardirq || blame.kind == BlameKind::softirq) {
        const std::uint32_t tid = by_task ? blame.tid.value_or(0) : 0;
        here[{stage.cpu, blame.kind, tid, by_task ? worked_on(tid, stage) : 0,
              by_task ? std::string{} : blame.what}] += blame.ns;
      }
    }
  }
  for (const auto& [key, ns] : here) {
    Delays& delays = lately_.delays;
    if (delays.size() >= kMostDelays && !delays.contains(key)) {
      cut_ = true;
      continue;
    }
    Delay& delay = delays[key];
    ++delay.wakes;
    delay.ns += ns;
    delay.longest_ns = std::max(delay.longest_ns, ns);
  }
}

}  // namespace wakepath::audit
