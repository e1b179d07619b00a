// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/delivery_tracker.hpp"

#include <algorithm>
#include <utility>

#include "reconstruct/stage_list.hpp"

namespace wakepath::reconstruct {

namespace {

// The deadline is placed on the host's clock by a pair of readings, each a little apart.
constexpr std::uint64_t kClockSlackNs = 1'000;

constexpr std::uint32_t kVtimerIrq = 27;  // as bpf/kvm_timer.bpf.h
constexpr std::int32_t kExitIrq = 0;      // ARM_EXCEPTION_IRQ, arch/arm64/include/asm/kvm_asm.h

}  // namespace

DeliveryTracker::Vcpu& DeliveryTracker::vcpu(const Event& event) {
  Vcpu& of = vcpus_[event.tid];
  if (of.first_seen_ns == 0) {
    of.first_seen_ns = event.time_ns;
  }
  return of;
}

void DeliveryTracker::guest_timer_irq(const Event& event) {
  if (facts_.vcpu(event.tid, event.time_ns) == nullptr) {
    return;
  }
  Vcpu& of = vcpu(event);
  of.last_irq_ns = event.time_ns;
  if (of.pending) {
    return;
  }
  Pending pending;
  pending.begin_ns = event.time_ns;
  pending.rests_on_ns = event.time_ns;
  pending.irq_cpu = event.cpu;
  pending.irq = event.payload.irq.irq;
  pending.action = event.payload.irq.action;
  of.pending = std::move(pending);
}

// Where it was early by the guest's time, nothing has been injected, and nothing is delivered.
void DeliveryTracker::guest_timer_irq_over(const Event& event) {
  Vcpu* of = vcpus_.find(event.tid);
  if (of != nullptr && of->pending && of->pending->injected_ns == 0) {
    of->pending.reset();
  }
}

void DeliveryTracker::waking(const Event& event) {
  if (Vcpu* of = vcpus_.find(event.payload.wake.tid)) {
    of->sleeps.woken(event.time_ns, losses_);
  }
}

void DeliveryTracker::switched_out(const Event& event) {
  const wp_switch& change = event.payload.sched_switch;
  const bool loaded = (change.prev_flags & WP_TASK_VCPU_LOADED) != 0;
  if (Vcpu* of = vcpus_.find(event.tid)) {
    of->exit_ns = 0;  // KVM looks at the timer before it lets its thread be preempted
    if (!loaded) {
      of->sleeps.left(event.time_ns, change);
    }
  }
  if (loaded) {
    Vcpu& of = vcpu(event);
    put(event, of);
    const bool blocks = change.preempt == 0 && change.prev_state != 0;
    if (blocks) {
      of.due_since_before = false;
      of.pending.reset();
    } else if (of.pending) {
      of.pending->flags.set(Flag::preempted);
    }
  }
}

void DeliveryTracker::switched_in(const Event& event) {
  const wp_switch& change = event.payload.sched_switch;
  if (Vcpu* of = vcpus_.find(change.next_tid)) {
    of->sleeps.back(event.time_ns);
    if ((change.next_flags & WP_TASK_VCPU_LOADED) != 0) {
      of->in_ns = event.time_ns;
      of->in_cpu = event.cpu;
    }
  }
}

void DeliveryTracker::put(const Event& event, Vcpu& vcpu) {
  vcpu.put_ns = event.time_ns;
  vcpu.put_cpu = event.cpu;
  vcpu.moves.clear();
  vcpu.sleeps.clear();
}

void DeliveryTracker::migrate(const Event& event) {
  constexpr std::size_t kMaxMoves = 64;
  Vcpu* of = vcpus_.find(event.payload.migrate.tid);
  if (of != nullptr && of->moves.size() < kMaxMoves) {
    of->moves.push_back({event.time_ns, event.payload.migrate.cpu});
  }
}

void DeliveryTracker::kvm_event(const Event& event, std::optional<std::uint64_t> woken_ns) {
  switch (event.kind) {
    case WP_EVENT_KVM_TIMER_UPDATE_IRQ:
      timer_updated(event, vcpu(event), woken_ns.has_value());
      break;
    case WP_EVENT_KVM_ENTRY:
      if (Vcpu* of = vcpus_.find(event.tid)) {
        auto& pending = of->pending;
        // It has been under way to its guest already, and this timer with it, or because of it;
        // but one that was found due before is no part of what woke it.
        const bool due_before = pending && pending->action == 0 && pending->injected_ns < woken_ns;
        if (woken_ns && !due_before) {
          pending.reset();
        }
        entered(event, *of);
      }
      break;
    case WP_EVENT_KVM_EXIT:
      vcpu(event).exit_ns = event.payload.kvm_exit.ret == kExitIrq ? event.time_ns : 0;
      break;
    case WP_EVENT_KVM_USERSPACE_EXIT: {
      Vcpu& of = vcpu(event);
      put(event, of);
      of.exit_ns = 0;
      break;
    }
    default:
      break;
  }
}

void DeliveryTracker::timer_updated(const Event& event, Vcpu& vcpu, bool woken) {
  const wp_kvm_timer_update_irq& timer = event.payload.timer_irq;
  if (timer.level == 0) {
    return;
  }
  if (vcpu.pending) {
    if (vcpu.pending->injected_ns == 0) {
      vcpu.pending->injected_ns = event.time_ns;
    }
  } else if ((timer.flags & WP_TIMER_SAVED) != 0 && !woken) {
    due_at_load(event, vcpu);
  } else if (!woken) {
    due_at_exit(event, vcpu);
  }
  if ((timer.flags & WP_TIMER_SAVED) != 0) {
    vcpu.told_cval[timer.irq == kVtimerIrq ? 1 : 0] = timer.cval;
  }
}

// The line stays up until the guest has seen to it, over any number of loads, and it may have been
// put up by an interrupt, by a wake, or before the capture: each deadline counts once.
void DeliveryTracker::due_at_load(const Event& event, Vcpu& vcpu) {
  const wp_kvm_timer_update_irq& timer = event.payload.timer_irq;
  const auto deadline = facts_.counter_to_ns(timer.cval + timer.voffset);
  const bool told = vcpu.told_cval[timer.irq == kVtimerIrq ? 1 : 0] == timer.cval;
  if (!deadline || told || *deadline > event.time_ns ||
      *deadline <= vcpu.last_irq_ns + kClockSlackNs) {
    return;
  }
  if (vcpu.put_ns == 0 || *deadline < vcpu.first_seen_ns) {
    vcpu.due_since_before = vcpu.put_ns == 0;
    return;
  }
  const bool preempted = vcpu.in_ns >= vcpu.put_ns;
  Pending pending;
  pending.begin_ns = *deadline;
  pending.rests_on_ns = std::min(*deadline, vcpu.put_ns);
  pending.injected_ns = event.time_ns;
  pending.back_ns = preempted ? vcpu.in_ns : event.time_ns;
  pending.back_cpu = preempted ? vcpu.in_cpu : event.cpu;
  pending.off_cpu = vcpu.put_cpu;
  pending.moves = vcpu.moves;
  pending.sleeps = vcpu.sleeps.spans();
  if (preempted && *deadline < vcpu.in_ns) {
    pending.flags.set(Flag::preempted);
  }
  vcpu.pending = std::move(pending);
}

// A later kernel raises the line in the interrupt's handler.
void DeliveryTracker::due_at_exit(const Event& event, Vcpu& vcpu) {
  const bool in_task = (event.context & WP_CONTEXT_KNOWN) != 0 &&
                       (event.context & (WP_CONTEXT_HARDIRQ | WP_CONTEXT_SOFTIRQ)) == 0;
  if (vcpu.exit_ns == 0 || !in_task) {
    return;
  }
  Pending pending;
  pending.by_exit = true;
  pending.begin_ns = vcpu.exit_ns;
  pending.rests_on_ns = vcpu.exit_ns;
  pending.injected_ns = event.time_ns;
  pending.irq_cpu = event.cpu;
  vcpu.pending = std::move(pending);
}

void DeliveryTracker::entered(const Event& event, Vcpu& vcpu) {
  vcpu.due_since_before = false;
  vcpu.exit_ns = 0;
  if (!vcpu.pending) {
    return;
  }
  const Pending pending = std::move(*vcpu.pending);
  vcpu.pending.reset();
  Delivery delivery;
  delivery.who = facts_.identity(event.tid, event.time_ns);
  delivery.flags = pending.flags;
  delivery.begin_ns = pending.begin_ns;
  delivery.end_ns = event.time_ns;
  const VcpuThread* fact = facts_.vcpu(event.tid, event.time_ns);
  const std::string comm = fact == nullptr ? "" : fact->comm;
  std::vector<StageBasis> bases;
  StageList stages(delivery.stages, bases, pending.begin_ns);
  StageBasis own;
  own.self_tid = event.tid;
  if (pending.action != 0) {
    StageBasis in_irq = own;
    in_irq.self_in_irq = true;
    in_irq.irq = pending.irq;
    in_irq.action = pending.action;
    const IrqAction* action = facts_.irq(pending.action);
    stages.until(StageKind::irq_entry, pending.injected_ns, pending.irq_cpu,
                 action == nullptr ? "" : action->name(), in_irq);
  } else if (pending.by_exit) {
    stages.until(StageKind::irq_entry, pending.injected_ns, pending.irq_cpu, "", own);
  } else if (pending.begin_ns < pending.back_ns) {
    StageBasis off = own;
    off.first_cpu = pending.off_cpu;
    off.moves = pending.moves;
    off.sleeps = pending.sleeps;
    stages.until(StageKind::deschedule, pending.back_ns, pending.back_cpu, comm, off);
  }
  stages.until(StageKind::vcpu_entry, event.time_ns, event.cpu, comm, own);
  const LossLog::Touch touch = losses_.touching(pending.rests_on_ns, event.time_ns);
  if (touch.lost) {
    delivery.flags.set(Flag::lossy);
  }
  if (touch.missed) {
    delivery.flags.set(Flag::missed_program);
  }
  emit_(std::move(delivery), bases);
}

bool DeliveryTracker::ended_poll(std::uint32_t tid) {
  Vcpu* of = vcpus_.find(tid);
  if (of == nullptr) {
    return false;
  }
  return std::exchange(of->due_since_before, false) || (of->pending && of->pending->action == 0);
}

CausePtr DeliveryTracker::take_poll_end(std::uint32_t tid) {
  Vcpu* of = vcpus_.find(tid);
  if (of == nullptr || !of->pending) {
    return nullptr;
  }
  const Pending pending = std::move(*of->pending);
  of->pending.reset();
  auto cause = std::make_shared<Cause>();
  cause->kind = HopKind::irq;
  cause->cpu = pending.irq_cpu;
  cause->has_irq = true;
  cause->irq = pending.irq;
  cause->action = pending.action;
  cause->guest_timer = true;
  cause->entry_ns = pending.begin_ns;
  cause->acted_ns = pending.injected_ns != 0 ? pending.injected_ns : pending.begin_ns;
  return cause;
}

}  // namespace wakepath::reconstruct
