// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/chain_builder.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "reconstruct/chain_hops.hpp"
#include "reconstruct/chain_root.hpp"
#include "reconstruct/labels.hpp"
#include "reconstruct/stage_list.hpp"

namespace wakepath::reconstruct {

namespace {

// The stages: what the time between the root and the vCPU went into, cause by cause.
class Builder {
 public:
  Builder(const VcpuWake& wake, const FactStore& facts)
      : wake_(wake), facts_(facts), causes_(wake, facts), hops_(chain_, causes_) {}

  BuiltChain build() {
    chain_.who = facts_.identity(wake_.tid, causes_.when_ns());
    chain_.guest_lateness_ns = wake_.guest_lateness_ns;
    chain_.guest_woke_ns = wake_.guest_woke_ns;
    chain_.flags = wake_.flags;
    chain_.marks = wake_.marks;
    chain_.begin_ns = causes_.begin_ns();
    const bool slept = wake_.blocked_since_ns != 0 && !wake_.flags.has(Flag::halt_poll);
    if (slept && wake_.blocked_since_ns <= wake_.waking_ns) {
      chain_.blocked_ns = wake_.waking_ns - wake_.blocked_since_ns;
      chain_.polled_ns = wake_.polled_ns;
    }
    causes_.describe_root(chain_);
    constexpr std::size_t kMostHave = 8;  // at most so many
    chain_.stages.reserve(kMostHave);
    bases_.reserve(kMostHave);
    StageList stages(chain_.stages, bases_, chain_.begin_ns);
    for (const Cause* cause : causes_.causes()) {
      add(*cause, stages);
    }
    end(stages);
    const std::uint64_t rests_on = causes_.rests_on_ns(chain_.begin_ns);
    return {std::move(chain_), std::move(bases_), rests_on};
  }

 private:
  void add(const Cause& cause, StageList& stages) {
    switch (cause.kind) {
      case HopKind::timer:
        add_timer(cause, stages);
        break;
      case HopKind::irq:
      case HopKind::ipi:
        add_irq(cause, stages);
        break;
      case HopKind::softirq:
        add_softirq(cause, stages);
        break;
      case HopKind::work:
        add_work(cause, stages);
        break;
      case HopKind::task:
      case HopKind::vcpu:
        add_task(cause, stages);
        break;
    }
  }

  void add_timer(const Cause& cause, StageList& stages) {
    const std::string irq = irq_label(cause, facts_);
    if (cause.entry_ns != 0 && cause.entry_ns >= chain_.begin_ns) {
      if (cause.expiry_ns != 0) {
        stages.until(StageKind::timer_latency, cause.entry_ns, cause.cpu, irq, {});
      }
      stages.until(StageKind::irq_entry, cause.callback_ns, cause.cpu, irq, own_code(cause));
    } else if (cause.expiry_ns != 0) {
      stages.until(StageKind::timer_latency, cause.callback_ns, cause.cpu, irq, {});
    }
    const std::string function = causes_.timer_function(cause);
    stages.until(StageKind::timer_callback, cause.acted_ns, cause.cpu, function, own_code(cause));
    hops_.add(cause, HopKind::timer, function, cause.callback_ns, Digits::keep);
  }

  void add_irq(const Cause& cause, StageList& stages) {
    const std::string irq = irq_label(cause, facts_);
    if (const Cause* soft = causes_.soft_timer();
        soft != nullptr && &cause == causes_.causes().front()) {
      // A timer that expired inside the interrupt waits for the softirq alone.
      const bool inside = cause.entry_ns < chain_.begin_ns;
      if (soft->expiry_ns != 0) {
        stages.until(StageKind::timer_latency, inside ? cause.acted_ns : cause.entry_ns, cause.cpu,
                     irq, {});
      }
      hops_.add(*soft, HopKind::timer, causes_.timer_function(*soft), soft->callback_ns,
                Digits::keep);
    } else {
      hops_.add(cause, cause.kind, irq, cause.entry_ns, Digits::fold);
    }
    // Where the guest timer's interrupt ended halt polling, poll_exit begins with it.
    const bool ended_poll = wake_.waking_ns == 0 && cause.guest_timer;
    const bool expired_inside = causes_.soft_timer() != nullptr && cause.entry_ns < chain_.begin_ns;
    if (!ended_poll && !expired_inside) {
      stages.until(StageKind::irq_entry, cause.acted_ns, cause.cpu, irq, own_code(cause));
    }
  }

  void add_softirq(const Cause& cause, StageList& stages) {
    const std::string name = softirq_label(cause.vector);
    const bool in_thread = cause.tid != 0;
    if (!causes_.is_acting_root(cause)) {
      const bool expired_after_raise =
          &cause == causes_.soft_timer() && cause.requested_ns < chain_.begin_ns;
      Stage* delay = stages.until(
          expired_after_raise ? StageKind::timer_latency : StageKind::softirq_delay, cause.entry_ns,
          cause.cpu, name, in_thread ? wait_for_thread(cause) : StageBasis{});
      if (delay != nullptr && in_thread) {
        worker_marks(cause);
      }
    }
    if (cause.callback_ns != 0) {
      stages.until(StageKind::softirq_run, cause.callback_ns, cause.cpu, name, own_code(cause));
      stages.until(StageKind::timer_callback, cause.acted_ns, cause.cpu,
                   causes_.timer_function(cause), own_code(cause));
    } else {
      stages.until(StageKind::softirq_run, cause.acted_ns, cause.cpu, name, own_code(cause));
    }
    if (in_thread) {
      hops_.add(cause, HopKind::task, cause.task,
                cause.sched_in_ns != 0 ? cause.sched_in_ns : cause.entry_ns, Digits::fold);
    }
    hops_.add(cause, HopKind::softirq, name, cause.entry_ns, Digits::keep);
  }

  void add_work(const Cause& cause, StageList& stages) {
    const std::string function = facts_.function(cause.function);
    if (!causes_.is_acting_root(cause)) {
      Stage* delay = stages.until(StageKind::work_delay, cause.entry_ns, cause.cpu, function,
                                  wait_for_thread(cause));
      if (delay != nullptr && cause.waking_ns != 0) {
        add_sub(*delay, kWorkerWaking, cause.requested_ns, cause.waking_ns);
      }
      if (delay != nullptr && cause.sched_in_ns != 0) {
        add_sub(*delay, kWorkerStart, cause.sched_in_ns, cause.entry_ns);
      }
    }
    stages.until(StageKind::work_run, cause.acted_ns, cause.cpu, function, own_code(cause));
    worker_marks(cause);
    hops_.add(cause, HopKind::work, function, cause.entry_ns, Digits::keep);
  }

  void add_task(const Cause& cause, StageList& stages) {
    const bool root_by_itself = causes_.is_acting_root(cause);
    if (!root_by_itself) {
      stages.until(StageKind::task_delay, cause.entry_ns, cause.cpu, cause.task,
                   wait_for_thread(cause));
      stages.until(StageKind::task_run, cause.acted_ns, cause.cpu, cause.task, own_code(cause));
    }
    // A task that was woken while it was on its CPU began to act on it right then.
    const std::uint64_t begins = cause.entry_ns != 0 ? cause.entry_ns : cause.requested_ns;
    hops_.add(cause, HopKind::task, thread_name(cause), root_by_itself ? cause.acted_ns : begins,
              Digits::fold);
  }

  // The thread of a vCPU has a name even where it was never switched in.
  [[nodiscard]] std::string thread_name(const Cause& cause) const {
    const VcpuThread* vcpu = cause.task.empty() ? facts_.vcpu(cause.tid, cause.acted_ns) : nullptr;
    return vcpu != nullptr ? vcpu->comm : cause.task;
  }

  void worker_marks(const Cause& cause) {
    if (cause.waking_ns != 0) {
      chain_.marks.push_back({MarkKind::waking, cause.waking_ns, cause.cpu, cause.task});
    }
    if (cause.wakeup_ns != 0) {
      chain_.marks.push_back({MarkKind::wakeup, cause.wakeup_ns, cause.cpu, cause.task});
    }
    if (cause.sched_in_ns != 0) {
      chain_.marks.push_back({MarkKind::sched_in, cause.sched_in_ns, cause.cpu, cause.task});
    }
  }

  void end(StageList& stages) {
    const VcpuThread* vcpu =
        wake_.comm.empty() ? facts_.vcpu(wake_.tid, causes_.when_ns()) : nullptr;
    const std::string comm = vcpu != nullptr ? vcpu->comm : wake_.comm;
    if (wake_.sched_in_ns != 0 && wake_.waking_ns != 0) {
      stages.until(StageKind::wake_delay, wake_.sched_in_ns, wake_.sched_in_cpu, comm,
                   wait_for_vcpu());
    } else if (wake_.sched_in_ns == 0 && (wake_.waking_ns != 0 || !causes_.empty())) {
      stages.until(StageKind::poll_exit, wake_.poll_end_ns, wake_.poll_end_cpu, comm, own_vcpu());
    }
    chain_.ends_at = wake_.entry_ns != 0 ? EndsAt::kvm_entry : EndsAt::sched_in;
    Stage* entry =
        stages.until(StageKind::vcpu_entry, wake_.entry_ns, wake_.entry_cpu, comm, own_vcpu());
    if (entry != nullptr) {
      split_entry(*entry, wake_.marks);
    }
    chain_.end_ns = chain_.stages.empty() ? chain_.begin_ns : chain_.stages.back().end_ns;
    hops_.add_vcpu(wake_, comm);
  }

  // A migration after the wakeup is a move. Before it, it says where the vCPU is woken to.
  void add_moves(StageBasis& basis, std::uint64_t since_ns) const {
    for (const Mark& mark : wake_.marks) {
      if (mark.kind == MarkKind::migrated && basis.first_cpu && mark.at_ns >= since_ns) {
        basis.moves.push_back({mark.at_ns, mark.cpu});
      }
    }
  }

  [[nodiscard]] StageBasis wait_for_vcpu() const {
    StageBasis basis;
    basis.self_tid = wake_.tid;
    basis.waking_ns = wake_.waking_ns;
    basis.waking_cpu = wake_.waking_cpu;
    basis.sched_in_ns = wake_.sched_in_ns;
    basis.ready_ns = wake_.waking_ns;
    basis.prio = wake_.prio;
    for (const Mark& mark : wake_.marks) {
      if (mark.kind == MarkKind::wakeup && !basis.first_cpu) {
        basis.first_cpu = mark.cpu;
        add_moves(basis, mark.at_ns);
      }
    }
    return basis;
  }

  [[nodiscard]] StageBasis own_vcpu() const {
    StageBasis basis;
    basis.self_tid = wake_.tid;
    basis.sleeps = wake_.sleeps.spans();
    if (wake_.sched_in_ns != 0) {
      basis.first_cpu = wake_.sched_in_cpu;
      add_moves(basis, wake_.sched_in_ns);
      const auto preempted = std::ranges::find_if(wake_.marks, [](const Mark& mark) {
        // One with a name waits for something.
        return mark.kind == MarkKind::preempted && mark.name.empty();
      });
      basis.ready_ns = preempted == wake_.marks.end() ? 0 : preempted->at_ns;
      basis.prio = wake_.prio;
      const auto user = std::ranges::find(wake_.marks, MarkKind::user_exit, &Mark::kind);
      basis.user_since_ns = user == wake_.marks.end() ? UINT64_MAX : user->at_ns;
    }
    return basis;
  }

  const VcpuWake& wake_;
  const FactStore& facts_;
  std::vector<StageBasis> bases_;
  WakeChain chain_;
  CauseChain causes_;
  HopList hops_;
};

}  // namespace

std::string irq_label(const Cause& cause, const FactStore& facts) {
  if (cause.kind == HopKind::ipi) {
    return std::string(ipi_label(cause.vector));
  }
  if (const IrqAction* action = facts.irq(cause.action)) {
    return action->name();
  }
  if (cause.has_irq) {
    return fmt::format("irq {}", cause.irq);
  }
  return cause.entry_ns != 0 ? "local_timer" : "";
}

BuiltChain build_chain(const VcpuWake& wake, const FactStore& facts) {
  return Builder(wake, facts).build();
}

}  // namespace wakepath::reconstruct
