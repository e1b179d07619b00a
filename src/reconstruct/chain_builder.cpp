// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/chain_builder.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "reconstruct/labels.hpp"
#include "reconstruct/stage_list.hpp"
#include "util/escape.hpp"

namespace wakepath::reconstruct {

namespace {

class Builder {
 public:
  Builder(const VcpuWake& wake, const FactStore& facts) : wake_(wake), facts_(facts) {
    for (const Cause* cause = wake.by.get(); cause != nullptr; cause = cause->parent.get()) {
      causes_.push_back(cause);
      if (ran_before_the_sleep(*cause)) {
        break;
      }
    }
    std::reverse(causes_.begin(), causes_.end());
  }

  BuiltChain build() {
    chain_.who = facts_.identity(wake_.tid, when_ns());
    chain_.guest_lateness_ns = wake_.guest_lateness_ns;
    chain_.guest_woke_ns = wake_.guest_woke_ns;
    chain_.flags = wake_.flags;
    chain_.marks = wake_.marks;
    chain_.begin_ns = begin_ns();
    const bool slept = wake_.blocked_since_ns != 0 && !wake_.flags.has(Flag::halt_poll);
    if (slept && wake_.blocked_since_ns <= wake_.waking_ns) {
      chain_.blocked_ns = wake_.waking_ns - wake_.blocked_since_ns;
    }
    root();
    StageList stages(chain_.stages, bases_, chain_.begin_ns);
    for (const Cause* cause : causes_) {
      add(*cause, stages);
    }
    end(stages);
    std::stable_sort(chain_.marks.begin(), chain_.marks.end(),
                     [](const Mark& a, const Mark& b) { return a.at_ns < b.at_ns; });
    const std::uint64_t rests_on = rests_on_ns();
    return {std::move(chain_), std::move(bases_), rests_on};
  }

 private:
  // A time at which its thread was this vCPU's: what was seen of it first.
  [[nodiscard]] std::uint64_t when_ns() const {
    for (const std::uint64_t at : {wake_.waking_ns, wake_.sched_in_ns, wake_.poll_end_ns}) {
      if (at != 0) {
        return at;
      }
    }
    return wake_.entry_ns;
  }

  // A task that had its CPU before the vCPU went to sleep was not woken for this wake: it is the
  // root, whoever woke it for something else.
  [[nodiscard]] bool ran_before_the_sleep(const Cause& cause) const {
    // One that was woken early would have gone to sleep right after.
    const std::uint64_t sleep_ns =
        wake_.flags.has(Flag::early) ? wake_.waking_ns : wake_.blocked_since_ns;
    // One that was woken while it was on its CPU began to run for that right then.
    const std::uint64_t began_ns = cause.entry_ns != 0 ? cause.entry_ns : cause.requested_ns;
    return cause.kind == HopKind::task && began_ns != 0 && began_ns <= sleep_ns;
  }

  // Is the first hop known only by what it did, not by how it came to it?
  [[nodiscard]] bool is_acting_root(const Cause& cause) const {
    return cause.requested_ns == 0 || ran_before_the_sleep(cause);
  }

  [[nodiscard]] bool root_known() const {
    if (causes_.empty()) {
      return false;
    }
    const Cause& first = *causes_.front();
    if (ran_before_the_sleep(first)) {
      return true;
    }
    // What has run since before the capture may have been woken for this, if the vCPU slept
    // already.
    return !first.broken && !(first.never_switched && wake_.since_before_capture);
  }

  [[nodiscard]] std::uint64_t rests_on_ns() const {
    std::uint64_t since = chain_.begin_ns;
    for (const Cause* cause : causes_) {
      since = cause->rests_on_ns == 0 ? since : std::min(since, cause->rests_on_ns);
    }
    if (wake_.kicked_since_ns != 0) {
      since = std::min(since, wake_.kicked_since_ns);
    }
    const bool rests_on_sleep = !root_known() || causes_.front()->never_switched;
    return rests_on_sleep && wake_.blocked_since_ns != 0 ? std::min(since, wake_.blocked_since_ns)
                                                         : since;
  }

  // A soft hrtimer's expiry lies before the interrupt that raised the softirq which ran it.
  [[nodiscard]] const Cause* soft_timer() const {
    const bool raised_by_irq = causes_.size() > 1 && causes_[0]->kind == HopKind::irq &&
                               causes_[1]->kind == HopKind::softirq && causes_[1]->callback_ns != 0;
    return raised_by_irq ? causes_[1] : nullptr;
  }

  [[nodiscard]] std::uint64_t begin_ns() const {
    if (causes_.empty()) {
      return when_ns();
    }
    const Cause& first = *causes_.front();
    if (ran_before_the_sleep(first)) {
      return first.acted_ns;
    }
    const Cause* soft = soft_timer();
    const std::uint64_t expiry = soft != nullptr ? soft->expiry_ns : first.expiry_ns;
    if (first.kind == HopKind::timer || soft != nullptr) {
      const std::uint64_t ran = soft != nullptr ? soft->callback_ns : first.callback_ns;
      if (expiry == 0 && first.entry_ns != 0) {
        return first.entry_ns;
      }
      return expiry != 0 && expiry <= ran ? expiry : ran;
    }
    if (first.requested_ns != 0) {
      return first.requested_ns;
    }
    // A task that ran already is the root by what it does, not by when it got its CPU.
    return first.entry_ns != 0 && first.kind != HopKind::task ? first.entry_ns : first.acted_ns;
  }

  std::string timer_function(const Cause& cause) const {
    const std::string name = facts_.function(cause.function);
    const bool unnamed = name.starts_with("0x");
    return unnamed && facts_.is_bg_timer(wake_.tid, when_ns(), cause.hrtimer)
               ? "kvm_bg_timer_expire"
               : name;
  }

  void root() {
    Root& root = chain_.root;
    if (!root_known()) {
      chain_.path = "unknown";
      chain_.flags.set(wake_.since_before_capture ? Flag::cut : Flag::no_root);
      return;
    }
    const Cause& first = *causes_.front();
    root.cpu = first.cpu;
    if (first.has_irq) {
      root.irq = first.irq;
    }
    const IrqAction* action = facts_.irq(first.action);
    if (action != nullptr && action->interrupt->irq == first.irq) {
      root.interrupt = action->interrupt;
    }
    const Cause* timer = first.kind == HopKind::timer ? &first : soft_timer();
    if (timer != nullptr) {
      root.kind = RootKind::timer;
      root.irq_name = irq_label(first, facts_);
      root.function = timer_function(*timer);
      if (timer->expiry_ns != 0) {
        root.expiry_ns = timer->expiry_ns;
      } else {
        chain_.flags.set(Flag::no_expiry);
      }
      return;
    }
    switch (first.kind) {
      case HopKind::irq:
        root.kind = RootKind::irq;
        root.irq_name = irq_label(first, facts_);
        break;
      case HopKind::softirq:
        root.kind = RootKind::softirq;
        break;
      case HopKind::ipi:
        root.kind = RootKind::ipi;
        root.irq_name = irq_label(first, facts_);
        break;
      default:
        root.kind = is_guest_ipi(first) ? RootKind::guest_ipi
                    : is_signal(first)  ? RootKind::signal
                                        : RootKind::task;
        if (is_signal(first)) {
          root.function = signal_label(wake_.signal);
        }
        break;
    }
  }

  // A vCPU that kicked a device, whose thread then woke this one, sent no interrupt.
  [[nodiscard]] bool is_guest_ipi(const Cause& cause) const {
    return cause.from_guest && &cause == causes_.back();
  }

  // The task that sent the signal that woke the vCPU, and that nothing made do so.
  [[nodiscard]] bool is_signal(const Cause& cause) const {
    return wake_.signal != 0 && causes_.size() == 1 && cause.kind == HopKind::task;
  }

  void hop(const Cause& cause, HopKind kind, std::string name, std::uint64_t at_ns, Digits digits) {
    const std::string shown = name.empty() ? "?" : escape_path_component(name, digits);
    const std::string_view role = kind != HopKind::task ? name_of(kind)
                                  : is_guest_ipi(cause) ? name_of(RootKind::guest_ipi)
                                  : is_signal(cause)    ? name_of(RootKind::signal)
                                                        : name_of(kind);
    chain_.path += fmt::format("{}{}({})", chain_.path.empty() ? "" : ">", role, shown);
    Hop& hop = chain_.hops.emplace_back();
    hop.kind = kind;
    hop.name = std::move(name);
    hop.cpu = cause.cpu;
    if (kind == HopKind::work || kind == HopKind::task) {
      hop.tid = cause.tid;
    }
    hop.at_ns = at_ns;
  }

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
    const std::string function = timer_function(cause);
    stages.until(StageKind::timer_callback, cause.acted_ns, cause.cpu, function, own_code(cause));
    hop(cause, HopKind::timer, function, cause.callback_ns, Digits::keep);
  }

  void add_irq(const Cause& cause, StageList& stages) {
    const std::string irq = irq_label(cause, facts_);
    if (const Cause* soft = soft_timer(); soft != nullptr && &cause == causes_.front()) {
      // One that expired inside the interrupt waits for the softirq alone.
      const bool inside = cause.entry_ns < chain_.begin_ns;
      if (soft->expiry_ns != 0) {
        stages.until(StageKind::timer_latency, inside ? cause.acted_ns : cause.entry_ns, cause.cpu,
                     irq, {});
      }
      hop(*soft, HopKind::timer, timer_function(*soft), soft->callback_ns, Digits::keep);
    } else {
      hop(cause, cause.kind, irq, cause.entry_ns, Digits::fold);
    }
    // Of the guest timer's interrupt that ended halt polling, poll_exit begins with it.
    const bool ended_poll = wake_.waking_ns == 0 && cause.guest_timer;
    const bool expired_inside = soft_timer() != nullptr && cause.entry_ns < chain_.begin_ns;
    if (!ended_poll && !expired_inside) {
      stages.until(StageKind::irq_entry, cause.acted_ns, cause.cpu, irq, own_code(cause));
    }
  }

  void add_softirq(const Cause& cause, StageList& stages) {
    const std::string name = softirq_label(cause.vector);
    const bool in_thread = cause.tid != 0;
    if (!is_acting_root(cause)) {
      const bool expired_after_raise =
          &cause == soft_timer() && cause.requested_ns < chain_.begin_ns;
      Stage* delay = stages.until(
          expired_after_raise ? StageKind::timer_latency : StageKind::softirq_delay, cause.entry_ns,
          cause.cpu, name, in_thread ? wait_for_thread(cause) : StageBasis{});
      if (delay != nullptr && in_thread) {
        worker_marks(cause);
      }
    }
    if (cause.callback_ns != 0) {
      stages.until(StageKind::softirq_run, cause.callback_ns, cause.cpu, name, own_code(cause));
      stages.until(StageKind::timer_callback, cause.acted_ns, cause.cpu, timer_function(cause),
                   own_code(cause));
    } else {
      stages.until(StageKind::softirq_run, cause.acted_ns, cause.cpu, name, own_code(cause));
    }
    if (in_thread) {
      hop(cause, HopKind::task, cause.task,
          cause.sched_in_ns != 0 ? cause.sched_in_ns : cause.entry_ns, Digits::fold);
    }
    hop(cause, HopKind::softirq, name, cause.entry_ns, Digits::keep);
  }

  void add_work(const Cause& cause, StageList& stages) {
    const std::string function = facts_.function(cause.function);
    if (!is_acting_root(cause)) {
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
    hop(cause, HopKind::work, function, cause.entry_ns, Digits::keep);
  }

  void add_task(const Cause& cause, StageList& stages) {
    const bool root_by_itself = is_acting_root(cause);
    if (!root_by_itself) {
      stages.until(StageKind::task_delay, cause.entry_ns, cause.cpu, cause.task,
                   wait_for_thread(cause));
      stages.until(StageKind::task_run, cause.acted_ns, cause.cpu, cause.task, own_code(cause));
    }
    // One that was woken while it was on its CPU began to act on it right then.
    const std::uint64_t begins = cause.entry_ns != 0 ? cause.entry_ns : cause.requested_ns;
    hop(cause, HopKind::task, thread_name(cause), root_by_itself ? cause.acted_ns : begins,
        Digits::fold);
  }

  // A vCPU's thread has a name also where it was never switched in.
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
    const VcpuThread* vcpu = wake_.comm.empty() ? facts_.vcpu(wake_.tid, when_ns()) : nullptr;
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
    chain_.path += ">vcpu";
    Hop& hop = chain_.hops.emplace_back();
    hop.kind = HopKind::vcpu;
    hop.name = comm;
    hop.tid = wake_.tid;
    for (const auto& [at_ns, cpu] : {std::pair(wake_.sched_in_ns, wake_.sched_in_cpu),
                                     std::pair(wake_.poll_end_ns, wake_.poll_end_cpu),
                                     std::pair(wake_.entry_ns, wake_.entry_cpu),
                                     std::pair(wake_.waking_ns, wake_.waking_cpu)}) {
      if (at_ns != 0) {
        hop.at_ns = at_ns;
        hop.cpu = cpu;
        break;
      }
    }
  }

  // After its wakeup a migration is a move; before, it is where the vCPU is woken to.
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
    if (wake_.sched_in_ns != 0) {
      basis.first_cpu = wake_.sched_in_cpu;
      add_moves(basis, wake_.sched_in_ns);
    }
    return basis;
  }

  const VcpuWake& wake_;
  const FactStore& facts_;
  std::vector<StageBasis> bases_;
  std::vector<const Cause*> causes_;  // root first
  WakeChain chain_;
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
