// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/chain_builder.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "util/escape.hpp"

namespace wakepath::reconstruct {

namespace {

constexpr std::array<std::string_view, 10> kSoftirqNames{
    "HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU"};

std::string softirq_label(std::uint32_t vector) {
  return vector < kSoftirqNames.size() ? std::string(kSoftirqNames[vector])
                                       : fmt::format("softirq {}", vector);
}

std::string_view ipi_label(std::uint32_t reason) {
  switch (reason) {
    case WP_IPI_RESCHEDULE:
      return "reschedule";
    case WP_IPI_CALL_FUNCTION:
      return "call_function";
    case WP_IPI_IRQ_WORK:
      return "irq_work";
    case WP_IPI_TIMER_BROADCAST:
      return "timer_broadcast";
    default:
      return "other";
  }
}

// Stages one behind the other: each begins where the last one ended. A boundary that lies before
// that (the kernel's order made it void) adds none.
class StageList {
 public:
  StageList(std::vector<Stage>& stages, std::uint64_t begin_ns)
      : stages_(stages), at_ns_(begin_ns) {}

  void until(StageKind kind, std::uint64_t end_ns, std::uint32_t cpu, std::string actor) {
    if (end_ns == 0 || end_ns < at_ns_) {
      return;
    }
    stages_.push_back({kind, at_ns_, end_ns, cpu, std::move(actor), {}, {}});
    at_ns_ = end_ns;
  }

 private:
  std::vector<Stage>& stages_;
  std::uint64_t at_ns_;
};

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
    chain_.flags = wake_.flags;
    chain_.marks = wake_.marks;
    chain_.begin_ns = begin_ns();
    if (wake_.blocked_since_ns != 0 && wake_.blocked_since_ns <= wake_.waking_ns) {
      chain_.blocked_ns = wake_.waking_ns - wake_.blocked_since_ns;
    }
    root();
    StageList stages(chain_.stages, chain_.begin_ns);
    for (const Cause* cause : causes_) {
      add(*cause, stages);
    }
    end(stages);
    std::stable_sort(chain_.marks.begin(), chain_.marks.end(),
                     [](const Mark& a, const Mark& b) { return a.at_ns < b.at_ns; });
    const std::uint64_t rests_on = rests_on_ns();
    return {std::move(chain_), rests_on};
  }

 private:
  // A time at which its thread was this vCPU's: what was seen of it first.
  [[nodiscard]] std::uint64_t when_ns() const {
    return wake_.waking_ns != 0     ? wake_.waking_ns
           : wake_.sched_in_ns != 0 ? wake_.sched_in_ns
                                    : wake_.entry_ns;
  }

  // A task that had its CPU before the vCPU went to sleep was not woken for this wake: it is the
  // root, whoever woke it for something else.
  [[nodiscard]] bool ran_before_the_sleep(const Cause& cause) const {
    return cause.kind == HopKind::task && cause.entry_ns != 0 &&
           cause.entry_ns <= wake_.blocked_since_ns;
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
    const bool rests_on_sleep = !root_known() || causes_.front()->never_switched;
    return rests_on_sleep && wake_.blocked_since_ns != 0 ? std::min(since, wake_.blocked_since_ns)
                                                         : since;
  }

  // A soft hrtimer's expiry lies before the interrupt that raised the softirq which ran it.
  [[nodiscard]] const Cause* soft_timer() const {
    const bool raised_by_irq = causes_.size() > 1 && causes_[0]->kind == HopKind::irq &&
                               causes_[1]->kind == HopKind::softirq && causes_[1]->expiry_ns != 0;
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
    if (const IrqAction* action = facts_.irq(first.action)) {
      root.device = action->device;
    }
    const Cause* timer = first.kind == HopKind::timer ? &first : soft_timer();
    if (timer != nullptr) {
      root.kind = RootKind::timer;
      root.irq_name = irq_label(first, facts_);
      root.function = timer_function(*timer);
      if (timer->expiry_ns != 0) {
        root.expiry_ns = timer->expiry_ns;
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
        root.kind = first.from_guest ? RootKind::guest_ipi : RootKind::task;
        break;
    }
  }

  void hop(const Cause& cause, HopKind kind, std::string name, std::uint64_t at_ns, Digits digits) {
    const std::string shown = name.empty() ? "?" : escape_path_component(name, digits);
    const bool guest = kind == HopKind::task && cause.from_guest;
    chain_.path += fmt::format("{}{}({})", chain_.path.empty() ? "" : ">",
                               guest ? name_of(RootKind::guest_ipi) : name_of(kind), shown);
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
    const bool root_by_itself = is_acting_root(cause);
    switch (cause.kind) {
      case HopKind::timer: {
        const std::string irq = irq_label(cause, facts_);
        if (cause.entry_ns != 0 && cause.entry_ns >= chain_.begin_ns) {
          stages.until(StageKind::timer_latency, cause.entry_ns, cause.cpu, irq);
          stages.until(StageKind::irq_entry, cause.callback_ns, cause.cpu, irq);
        } else {
          stages.until(StageKind::timer_latency, cause.callback_ns, cause.cpu, irq);
        }
        const std::string function = timer_function(cause);
        stages.until(StageKind::timer_callback, cause.acted_ns, cause.cpu, function);
        hop(cause, HopKind::timer, function, cause.callback_ns, Digits::keep);
        break;
      }
      case HopKind::irq:
      case HopKind::ipi: {
        const std::string irq = irq_label(cause, facts_);
        if (soft_timer() != nullptr && &cause == causes_.front()) {
          stages.until(StageKind::timer_latency, cause.entry_ns, cause.cpu, irq);
          const Cause& soft = *soft_timer();
          hop(soft, HopKind::timer, timer_function(soft), soft.callback_ns, Digits::keep);
        } else {
          hop(cause, cause.kind, irq, cause.entry_ns, Digits::fold);
        }
        stages.until(StageKind::irq_entry, cause.acted_ns, cause.cpu, irq);
        break;
      }
      case HopKind::softirq: {
        const std::string name = softirq_label(cause.vector);
        if (!root_by_itself) {
          stages.until(StageKind::softirq_delay, cause.entry_ns, cause.cpu, name);
        }
        if (cause.callback_ns != 0) {
          stages.until(StageKind::softirq_run, cause.callback_ns, cause.cpu, name);
          stages.until(StageKind::timer_callback, cause.acted_ns, cause.cpu, timer_function(cause));
        } else {
          stages.until(StageKind::softirq_run, cause.acted_ns, cause.cpu, name);
        }
        hop(cause, HopKind::softirq, name, cause.entry_ns, Digits::keep);
        break;
      }
      case HopKind::work: {
        const std::string function = facts_.function(cause.function);
        if (!root_by_itself) {
          stages.until(StageKind::work_delay, cause.entry_ns, cause.cpu, function);
        }
        stages.until(StageKind::work_run, cause.acted_ns, cause.cpu, function);
        worker_marks(cause);
        hop(cause, HopKind::work, function, cause.entry_ns, Digits::keep);
        break;
      }
      case HopKind::task:
      case HopKind::vcpu: {
        if (!root_by_itself) {
          stages.until(StageKind::task_delay, cause.entry_ns, cause.cpu, cause.task);
          stages.until(StageKind::task_run, cause.acted_ns, cause.cpu, cause.task);
        }
        const bool came_onto_cpu = !root_by_itself && cause.entry_ns != 0;
        hop(cause, HopKind::task, thread_name(cause),
            came_onto_cpu ? cause.entry_ns : cause.acted_ns, Digits::fold);
        break;
      }
    }
  }

  // A vCPU's thread has a name also where it was never switched in.
  [[nodiscard]] std::string thread_name(const Cause& cause) const {
    const VcpuFact* vcpu = cause.task.empty() ? facts_.vcpu(cause.tid, cause.acted_ns) : nullptr;
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
    const VcpuFact* vcpu = wake_.comm.empty() ? facts_.vcpu(wake_.tid, when_ns()) : nullptr;
    const std::string comm = vcpu != nullptr ? vcpu->comm : wake_.comm;
    if (wake_.sched_in_ns == 0) {
      stages.until(StageKind::poll_exit, wake_.poll_end_ns, wake_.poll_end_cpu, comm);
    } else if (wake_.waking_ns != 0) {
      stages.until(StageKind::wake_delay, wake_.sched_in_ns, wake_.sched_in_cpu, comm);
    }
    if (wake_.entry_ns != 0) {
      stages.until(StageKind::vcpu_entry, wake_.entry_ns, wake_.entry_cpu, comm);
      chain_.ends_at = EndsAt::kvm_entry;
    } else {
      chain_.ends_at = EndsAt::sched_in;
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

  const VcpuWake& wake_;
  const FactStore& facts_;
  std::vector<const Cause*> causes_;  // root first
  WakeChain chain_;
};

}  // namespace

std::string irq_label(const Cause& cause, const FactStore& facts) {
  if (cause.kind == HopKind::ipi) {
    return std::string(ipi_label(cause.vector));
  }
  if (const IrqAction* action = facts.irq(cause.action)) {
    return action->name;
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
