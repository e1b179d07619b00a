// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/chain_root.hpp"

#include <algorithm>

#include "reconstruct/labels.hpp"

namespace wakepath::reconstruct {

CauseChain::CauseChain(const VcpuWake& wake, const FactStore& facts) : wake_(wake), facts_(facts) {
  for (const Cause* cause = wake.by.get(); cause != nullptr; cause = cause->parent.get()) {
    causes_.push_back(cause);
    if (ran_before_the_sleep(*cause)) {
      break;
    }
  }
  std::reverse(causes_.begin(), causes_.end());
}

std::uint64_t CauseChain::when_ns() const {
  for (const std::uint64_t at : {wake_.waking_ns, wake_.sched_in_ns, wake_.poll_end_ns}) {
    if (at != 0) {
      return at;
    }
  }
  return wake_.entry_ns;
}

// A task that had its CPU before the vCPU went to sleep was not woken for this wake. It is the
// root, no matter what woke it.
bool CauseChain::ran_before_the_sleep(const Cause& cause) const {
  // A vCPU that was woken early would have gone to sleep right after.
  const std::uint64_t sleep_ns =
      wake_.flags.has(Flag::early) ? wake_.waking_ns : wake_.blocked_since_ns;
  // A task that was woken while it was on its CPU began to run for this right then.
  const std::uint64_t began_ns = cause.entry_ns != 0 ? cause.entry_ns : cause.requested_ns;
  return cause.kind == HopKind::task && began_ns != 0 && began_ns <= sleep_ns;
}

bool CauseChain::is_acting_root(const Cause& cause) const {
  return cause.requested_ns == 0 || ran_before_the_sleep(cause);
}

bool CauseChain::root_known() const {
  if (causes_.empty()) {
    return false;
  }
  const Cause& first = *causes_.front();
  if (ran_before_the_sleep(first)) {
    return true;
  }
  // A task that has run since before the capture may have been woken for this wake, if the vCPU
  // slept already.
  return !first.broken && !(first.never_switched && wake_.since_before_capture);
}

std::uint64_t CauseChain::rests_on_ns(std::uint64_t begin_ns) const {
  std::uint64_t since = begin_ns;
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

const Cause* CauseChain::soft_timer() const {
  const bool raised_by_irq = causes_.size() > 1 && causes_[0]->kind == HopKind::irq &&
                             causes_[1]->kind == HopKind::softirq && causes_[1]->callback_ns != 0;
  return raised_by_irq ? causes_[1] : nullptr;
}

std::uint64_t CauseChain::begin_ns() const {
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

std::string CauseChain::timer_function(const Cause& cause) const {
  const std::string name = facts_.function(cause.function);
  const bool unnamed = name.starts_with("0x");
  return unnamed && facts_.is_bg_timer(wake_.tid, when_ns(), cause.hrtimer) ? "kvm_bg_timer_expire"
                                                                            : name;
}

bool CauseChain::is_guest_ipi(const Cause& cause) const {
  return cause.from_guest && &cause == causes_.back();
}

bool CauseChain::is_signal(const Cause& cause) const {
  return wake_.signal != 0 && causes_.size() == 1 && cause.kind == HopKind::task;
}

void CauseChain::describe_root(WakeChain& chain) const {
  Root& root = chain.root;
  if (!root_known()) {
    chain.path = "unknown";
    chain.flags.set(wake_.since_before_capture ? Flag::cut : Flag::no_root);
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
    describe_timer(first, *timer, chain);
  } else {
    describe_other(first, root);
  }
}

void CauseChain::describe_timer(const Cause& first, const Cause& timer, WakeChain& chain) const {
  Root& root = chain.root;
  root.kind = RootKind::timer;
  root.irq_name = irq_label(first, facts_);
  root.function = timer_function(timer);
  if (timer.expiry_ns != 0) {
    root.expiry_ns = timer.expiry_ns;
  } else {
    chain.flags.set(Flag::no_expiry);
  }
}

void CauseChain::describe_other(const Cause& first, Root& root) const {
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

}  // namespace wakepath::reconstruct
