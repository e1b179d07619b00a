// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/reconstructor.hpp"

#include <algorithm>
#include <utility>

namespace wakepath::reconstruct {

namespace {

// A work item that has not started after this long was cancelled: its tracepoint never comes.
constexpr std::uint64_t kCancelledAfterNs = 60'000'000'000;

// Without times no stage has a length, so nothing can be blamed for a part of it.
void forget_lengths(std::vector<Stage>& stages) {
  for (Stage& stage : stages) {
    stage.sub.clear();
    stage.blame.clear();
  }
}

}  // namespace

Reconstructor::Reconstructor(FactStore& facts, ChainListener& listener)
    : facts_(facts),
      listener_(listener),
      deliveries_(facts_, losses_,
                  [this](Delivery&& delivery, const std::vector<StageBasis>& bases) {
                    explain(delivery.stages, bases);
                    if (untimed()) {
                      delivery.flags.set(Flag::untimed);
                      forget_lengths(delivery.stages);
                    }
                    listener_.delivery(std::move(delivery));
                  }),
      vcpus_(
          facts_, losses_, [this](BuiltChain& built, const CausePtr& by) { annotate(built, by); },
          [this](WakeChain&& chain) {
            if (untimed()) {
              chain.flags.set(Flag::untimed);
              chain.blocked_ns.reset();
              chain.polled_ns.reset();
              chain.ran_ns.reset();
              chain.first_exit.reset();
              forget_lengths(chain.stages);
            }
            listener_.wake(std::move(chain));
          }) {}

bool Reconstructor::untimed() const {
  const auto& trace = facts_.header().trace;
  return trace && trace->untimed;
}

Reconstructor::Cpu& Reconstructor::cpu(std::uint32_t number) {
  while (cpus_.size() <= number) {
    cpus_.emplace_back(static_cast<std::uint32_t>(cpus_.size()));
    timelines_.emplace_back();
  }
  return cpus_[number];
}

CpuContext& Reconstructor::context(const Event& event) {
  Cpu& on = cpu(event.cpu);
  if (const std::uint64_t void_since_ns = loss_times_.take(on.losses, event.time_ns);
      void_since_ns != UINT64_MAX) {
    on.context.forget();
    timelines_[event.cpu].set(void_since_ns, Holder{});
  }
  return on.context;
}

void Reconstructor::loss(const order::LossInterval& loss) {
  losses_.add(loss);
  loss_times_.add(loss, loss.cpu ? &cpu(*loss.cpu).losses : nullptr);
  listener_.loss(loss);
}

CausePtr Reconstructor::cause_of(const Event& event) {
  bool unknown = false;
  const std::shared_ptr<Cause> cause = context(event).interrupt_cause(event, unknown);
  if (cause && cause->kind == HopKind::softirq) {
    threads_.add_softirq_thread(*cause, event);
  }
  if (cause || unknown) {
    return cause;
  }
  // A thread that acts as a vCPU is one: the fact that names it may be lost.
  const bool is_vcpu =
      facts_.vcpu_then(event.tid, event.time_ns) != nullptr || vcpus_.known(event.tid);
  return threads_.task_cause(event, is_vcpu, facts_.thread_name(event.tid));
}

void Reconstructor::event(const Event& event) {
  blame_budget_.grant();
  CpuContext& on = context(event);
  CpuTimeline& timeline = timelines_[event.cpu];
  on.begin(event);
  on.current_task(event.tid);
  // Without a default: a new kind of event must stand here to compile.
  switch (event.kind) {
    case WP_EVENT_IRQ_ENTRY:
    case WP_EVENT_IRQ_EXIT:
    case WP_EVENT_VECTOR_ENTRY:
    case WP_EVENT_VECTOR_EXIT:
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
    case WP_EVENT_HRTIMER_EXPIRE_EXIT:
    case WP_EVENT_SOFTIRQ_RAISE:
    case WP_EVENT_SOFTIRQ_ENTRY:
    case WP_EVENT_SOFTIRQ_EXIT:
    case WP_EVENT_CPU_IDLE:
      interrupt_event(event, on);
      break;
    case WP_EVENT_IPI_ENTRY:
      if (on.ipi_entry(event)) {
        timeline.relabel(on.holder());
      }
      break;
    case WP_EVENT_IPI_EXIT:
      on.ipi_exit(event);
      break;
    case WP_EVENT_WORK_QUEUE:
    case WP_EVENT_WORK_START:
    case WP_EVENT_WORK_END:
    case WP_EVENT_KTHREAD_WORK_QUEUE:
    case WP_EVENT_KTHREAD_WORK_START:
    case WP_EVENT_KTHREAD_WORK_END:
      work_event(event);
      if (event.kind != WP_EVENT_WORK_QUEUE && event.kind != WP_EVENT_KTHREAD_WORK_QUEUE) {
        on.in_task();
      }
      break;
    case WP_EVENT_WAKING:
    case WP_EVENT_WAKEUP:
    case WP_EVENT_MIGRATE:
    case WP_EVENT_TASK_EXIT:
    case WP_EVENT_SIGNAL:
    case WP_EVENT_RENAME:
      sched_event(event);
      break;
    case WP_EVENT_SWITCH:
      on.in_task();
      sched_event(event);
      on.switched_to(event.payload.sched_switch.next_tid, event.payload.sched_switch.next_prio);
      break;
    case WP_EVENT_VCPU_KICK:
      vcpus_.kick(event, cause_of(event));
      break;
    case WP_EVENT_KVM_ENTRY:
    case WP_EVENT_KVM_EXIT:
    case WP_EVENT_KVM_VCPU_WAKEUP:
    case WP_EVENT_KVM_TIMER_UPDATE_IRQ:
    case WP_EVENT_KVM_USERSPACE_EXIT:
      if (event.kind == WP_EVENT_KVM_TIMER_UPDATE_IRQ) {
        on.timer_updated();
      } else {
        on.in_task();
      }
      kvm_event(event);
      break;
    // Only the importer needs the start: it tells the base of the timer's clock.
    case WP_EVENT_HRTIMER_START:
    // Older recordings and foreign traces may hold these. Like every event they tell which task has
    // the CPU, and nothing else is read from them.
    case WP_EVENT_IPI_RAISE:
    case WP_EVENT_IPI_SEND:
    case WP_EVENT_KVM_TIMER_SAVE:
    case WP_EVENT_KVM_TIMER_RESTORE:
    // No decoded event has one of these kinds.
    case WP_EVENT_NONE:
    case WP_EVENT_VCPU:
    case WP_EVENT_IRQ_NAME:
    case WP_EVENT_FUNCTION:
    case WP_EVENT_KINDS:
      break;
  }
  if (on.take_changed()) {
    timeline.set(event.time_ns, on.holder());
  }
}

void Reconstructor::interrupt_event(const Event& event, CpuContext& on) {
  switch (event.kind) {
    case WP_EVENT_IRQ_ENTRY: {
      on.irq_entry(event);
      const IrqAction* action = facts_.irq(event.payload.irq.action);
      if (action != nullptr && action->guest_timer) {
        deliveries_.guest_timer_irq(event);
      }
      break;
    }
    case WP_EVENT_IRQ_EXIT: {
      on.irq_exit(event);
      const IrqAction* action = facts_.irq(event.payload.irq.action);
      if (action != nullptr && action->guest_timer) {
        deliveries_.guest_timer_irq_over(event);
      }
      break;
    }
    case WP_EVENT_VECTOR_ENTRY:
      on.vector_entry(event);
      break;
    case WP_EVENT_VECTOR_EXIT:
      on.vector_exit(event);
      break;
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
      on.hrtimer_entry(event);
      break;
    case WP_EVENT_HRTIMER_EXPIRE_EXIT:
      if (on.hrtimer_exit(event)) {
        if (const auto tid = facts_.bg_timer_owner(event.payload.hrtimer.timer)) {
          vcpus_.timer_woke_nobody(*tid, event.time_ns);
        }
      }
      break;
    case WP_EVENT_SOFTIRQ_RAISE:
      on.softirq_raise(event, cause_of(event));
      break;
    case WP_EVENT_SOFTIRQ_ENTRY:
      on.softirq_entry(event);
      break;
    case WP_EVENT_SOFTIRQ_EXIT:
      on.softirq_exit(event);
      break;
    default:
      on.in_task();
      on.cpu_idle(event);
      break;
  }
}

void Reconstructor::kvm_event(const Event& event) {
  const std::optional<std::uint64_t> woken_ns = vcpus_.woken(event.tid);
  const bool polled =
      event.kind == WP_EVENT_KVM_VCPU_WAKEUP && event.payload.vcpu_wakeup.waited == 0;
  if (polled && !woken_ns && !deliveries_.ended_poll(event.tid)) {
    vcpus_.polled(event, deliveries_.take_poll_end(event.tid));
  }
  deliveries_.kvm_event(event, woken_ns);
  vcpus_.kvm_event(event);
}

void Reconstructor::work_event(const Event& event) {
  switch (event.kind) {
    case WP_EVENT_WORK_QUEUE:
    case WP_EVENT_KTHREAD_WORK_QUEUE:
      work_.queued(event, cause_of(event));
      break;
    case WP_EVENT_WORK_START:
    case WP_EVENT_KTHREAD_WORK_START:
      work_.started(event, threads_.thread(event.tid));
      break;
    default:
      WorkTracker::ended(event, threads_.thread(event.tid));
      break;
  }
}

void Reconstructor::sched_event(const Event& event) {
  switch (event.kind) {
    case WP_EVENT_WAKING: {
      CausePtr by = cause_of(event);
      const ThreadState* wakee = threads_.find(event.payload.wake.tid);
      const bool running = wakee != nullptr && wakee->run == ThreadState::Run::running;
      if (vcpus_.waking(event, by, running ? std::optional(wakee->sched_in_ns) : std::nullopt)) {
        deliveries_.waking(event);
      }
      threads_.waking(event, std::move(by));
      break;
    }
    case WP_EVENT_WAKEUP:
      vcpus_.wakeup(event);
      threads_.wakeup(event);
      break;
    case WP_EVENT_SWITCH: {
      vcpus_.switched_out(event);
      deliveries_.switched_out(event);
      threads_.switched(event);
      const ThreadState* next = threads_.find(event.payload.sched_switch.next_tid);
      if (next != nullptr && vcpus_.switched_in(event, next->comm)) {
        deliveries_.switched_in(event);
      }
      break;
    }
    case WP_EVENT_MIGRATE:
      vcpus_.migrate(event);
      deliveries_.migrate(event);
      threads_.migrate(event);
      break;
    case WP_EVENT_SIGNAL:
      if (const ThreadState* sender = threads_.find(event.tid)) {
        vcpus_.signal(event, sender->blocked_ns);
      } else {
        vcpus_.signal(event, 0);
      }
      break;
    case WP_EVENT_RENAME:
      threads_.renamed(event);
      break;
    default:
      vcpus_.exited(event.payload.task_exit.tid, event.time_ns);
      deliveries_.exited(event.payload.task_exit.tid);
      threads_.exited(event.payload.task_exit.tid);
      facts_.exited(event.payload.task_exit.tid, event.time_ns);
      break;
  }
}

void Reconstructor::guest_report(const wp_guest_report& report) { vcpus_.guest_report(report); }

void Reconstructor::advanced_to(std::uint64_t time_ns) {
  now_ns_ = time_ns;
  vcpus_.advanced_to(time_ns);
  if (work_.size() > many_work_items_ && time_ns > kCancelledAfterNs) {
    work_.forget_before(time_ns - kCancelledAfterNs);
    // They are all looked at only after as many new ones.
    many_work_items_ = std::max(kManyWorkItems, 2 * work_.size());
  }
  listener_.advanced_to(time_ns);
}

void Reconstructor::explain(std::vector<Stage>& stages, const std::vector<StageBasis>& bases) {
  for (std::size_t i = 0; i < stages.size(); ++i) {
    blamer_.explain(stages[i], bases[i]);
  }
}

void Reconstructor::annotate(BuiltChain& built, const CausePtr& by) {
  WakeChain& chain = built.chain;
  explain(chain.stages, built.bases);
  const auto add = [&](MarkKind kind, std::uint64_t at_ns, std::uint32_t cpu) {
    const bool there = std::any_of(chain.marks.begin(), chain.marks.end(), [&](const Mark& mark) {
      return mark.kind == kind && mark.at_ns == at_ns && mark.cpu == cpu;
    });
    if (!there) {
      chain.marks.push_back({kind, at_ns, cpu, {}});
    }
  };
  // The IRQ that acted ends once; the CPU may have left idle before that IRQ or after it, and may
  // have gone back meanwhile. The last exit from idle before the CPU runs the next part of the
  // chain counts. Causes from before the chain's begin are none of its hops.
  for (const Cause* cause = by.get(); cause != nullptr && cause->acted_ns >= chain.begin_ns;
       cause = cause->parent.get()) {
    const bool in_irq =
        cause->kind == HopKind::timer || cause->kind == HopKind::irq || cause->kind == HopKind::ipi;
    if (!in_irq || cause->cpu >= cpus_.size()) {
      continue;
    }
    if (const auto exit = cpus_[cause->cpu].context.moment(
            CpuContext::Which::first, MarkKind::irq_exit, cause->acted_ns, chain.end_ns)) {
      add(MarkKind::irq_exit, *exit, cause->cpu);
    }
  }
  for (const Stage& stage : chain.stages) {
    const bool waits = stage.kind == StageKind::work_delay || stage.kind == StageKind::task_delay ||
                       stage.kind == StageKind::wake_delay;
    if (!waits || stage.cpu >= cpus_.size()) {
      continue;
    }
    if (const auto exit = cpus_[stage.cpu].context.moment(
            CpuContext::Which::last, MarkKind::idle_exit, chain.begin_ns, stage.end_ns)) {
      add(MarkKind::idle_exit, *exit, stage.cpu);
    }
  }
  std::ranges::stable_sort(chain.marks, {}, &Mark::at_ns);
}

}  // namespace wakepath::reconstruct
