// SPDX-License-Identifier: GPL-2.0-or-later
// Contradictions: what threads do, and guests in them.
#include <cstdint>
#include <utility>

#include "import/contradictions.hpp"

namespace wakepath::foreign {

namespace {

// A shorter wait may be no sleep: a poll has ended, or a waking was there before the sleep.
constexpr std::uint64_t kSurelySleptNs = 2'000'000;
constexpr std::uint32_t kInterruptible = 1;  // TASK_INTERRUPTIBLE

// WFI, WFE: ESR_ELx_EC_WFx.
bool is_idle(const wp_kvm_exit& exit, bool x86) { return !x86 && exit.esr_ec == 1; }

// An HVC or SMC of a guest on arm64 may be one to PSCI, which starts CPUs anew. ESR_ELx_EC_*.
bool is_call(const wp_kvm_exit& exit, bool x86) {
  const std::uint32_t ec = exit.esr_ec;
  return !x86 && (ec == 0x12 || ec == 0x13 || ec == 0x16 || ec == 0x17);
}

}  // namespace

// On x86 a timer of the guest may be served, and the guest entered again, without an event of the
// entry; and before 5.10 its thread may be preempted before kvm_exit tells that the guest was left.
void Contradictions::kvm(const Event& event, const Told& told) {
  Thread& thread = this->thread(event.tid);
  Pair& guest = thread.guest;
  const bool waited = std::exchange(thread.waited_ns, 0) != 0;
  switch (event.kind) {
    case WP_EVENT_KVM_ENTRY:
      if (waited) {
        holds(Rule::wait_enters);
      }
      guest_goes_on(thread, told.guest_pc);
      if (sees_user_exits_ && guest.state == Pair::State::closed && thread.slept_lightly &&
          thread.left_ns == thread.act_ns && thread.slept_ns > thread.act_ns) {
        breaks(Rule::wait_told, thread.slept_ns);
      }
      begins(Rule::guest, guest, 0, event.time_ns);
      break;
    case WP_EVENT_KVM_EXIT:
      if (told.x86 && guest.state == Pair::State::closed) {
        guest.at_ns = event.time_ns;
      } else {
        ends(Rule::guest, guest, 0, event.time_ns);
      }
      thread.left_ns = event.time_ns;
      thread.left_idle = is_idle(event.payload.kvm_exit, told.x86);
      thread.left_pc = is_call(event.payload.kvm_exit, told.x86) ? 0 : told.guest_pc;
      break;
    default:
      sees_user_exits_ = sees_user_exits_ || event.kind == WP_EVENT_KVM_USERSPACE_EXIT;
      if (guest.state == Pair::State::closed) {
        holds(Rule::guest_left);
      }
      outside(Rule::guest_left, guest, event.time_ns);
      waits(thread, event);
      thread.waited_ns = event.kind == WP_EVENT_KVM_VCPU_WAKEUP ? event.time_ns : 0;
      break;
  }
  thread.act_ns = event.time_ns;
}

// It goes on at the instruction that it was left at, or behind it. Elsewhere it goes on at the
// vector of an exception, or where it is started.
void Contradictions::guest_goes_on(Thread& thread, std::uint64_t pc) {
  const std::uint64_t left_pc = std::exchange(thread.left_pc, 0);
  if (left_pc == 0 || pc == 0) {
    return;
  }
  constexpr std::uint64_t kLongestOnArm = 4;
  constexpr std::uint64_t kLongestOnX86 = 15;
  constexpr std::uint64_t kVectors = 0x200;
  constexpr std::uint64_t kReset = 0xfff0;
  if (pc - left_pc <= (x86_ ? kLongestOnX86 : kLongestOnArm)) {
    holds(Rule::guest_pc);
  } else if (sees_all_cpus() && pc % kVectors != 0 && (pc & 0xffffU) != kReset) {
    breaks(Rule::guest_pc, thread.left_ns);
  }
}

// The sleep began when the event says: not after the thread was seen to sleep, nor before it did
// something else. Where that does not fit either, the two times are of clocks that differ.
void Contradictions::waits(Thread& thread, const Event& event) {
  const wp_kvm_vcpu_wakeup& wakeup = event.payload.vcpu_wakeup;
  if (event.kind != WP_EVENT_KVM_VCPU_WAKEUP || wakeup.waited == 0 || thread.act_ns == 0 ||
      thread.run != Run::runs || wakeup.wait_ns > thread.run_ns) {
    return;
  }
  // It has ended between the thread's return to a CPU and the event.
  const std::uint64_t latest_ns = event.time_ns - wakeup.wait_ns;
  const std::uint64_t earliest_ns = latest_ns - (event.time_ns - thread.run_ns);
  const std::uint64_t slack_ns = 2 * resolution_ns_ + wakeup.wait_ns / 1000;
  if (latest_ns + slack_ns < thread.act_ns) {
    ++counts_[static_cast<std::size_t>(Rule::wait)].broken;
  } else if (thread.slept_ns < thread.act_ns) {
    if (wakeup.wait_ns > kSurelySleptNs && sees_all_cpus()) {
      breaks(Rule::wait, thread.act_ns);
    }
  } else if (earliest_ns > thread.slept_ns + slack_ns && sees_all_cpus()) {
    breaks(Rule::wait, thread.slept_ns);
  } else if (sees_user_exits_ && thread.left_ns == thread.act_ns && thread.left_idle &&
             thread.first_slept_ns > thread.act_ns &&
             earliest_ns > thread.first_slept_ns + slack_ns && sees_all_cpus()) {
    // A guest that has nothing to do sleeps once or more often in one wait.
    breaks(Rule::wait, thread.first_slept_ns);
  } else {
    holds(Rule::wait);
    holds(Rule::wait_told);
  }
}

void Contradictions::switched(Cpu& on, const Event& event) {
  const wp_switch& change = event.payload.sched_switch;
  const std::uint64_t now = event.time_ns;
  if (event.tid == 0) {
    outside(Rule::idle_switch, on.idle, now);
  } else {
    Thread& prev = thread(event.tid);
    if (!x86_) {
      if (prev.guest.state == Pair::State::closed) {
        holds(Rule::guest_left);
      }
      outside(Rule::guest_left, prev.guest, now);
    }
    const bool sleeps = change.preempt == 0 && change.prev_state != 0;
    prev.run = sleeps ? Run::sleeps : Run::ready;
    prev.run_ns = now;
    prev.woken_ns = 0;
    if (sleeps) {
      // On x86 one that has been woken for nothing waits again.
      if (prev.waited_ns != 0 && prev.left_ns != 0 && sees_user_exits_ && !x86_ &&
          change.prev_state == kInterruptible) {
        breaks(Rule::wait_enters, prev.waited_ns);
      }
      prev.first_slept_ns = prev.first_slept_ns > prev.act_ns ? prev.first_slept_ns : now;
      prev.slept_ns = now;
      prev.slept_lightly = change.prev_state == kInterruptible;
    }
  }
  on.switched = true;
  on.switch_ns = now;
  on.outgoing = event.tid;
  on.tid = change.next_tid;
  if (change.next_tid == 0) {
    return;
  }
  Thread& next = thread(change.next_tid);
  if (next.run == Run::sleeps && (next.woken_ns != 0 || next.woken_early)) {
    holds(Rule::woken);
  } else if (sees_all_cpus() && next.run == Run::sleeps) {
    breaks(Rule::woken, next.run_ns);
  }
  if (next.woken_ns != 0) {
    holds(Rule::woken_once);
  }
  next.run = Run::runs;
  next.run_ns = now;
  next.woken_ns = 0;
  next.woken_early = false;
}

// A thread that goes to sleep can be woken right before the trace tells that it sleeps.
void Contradictions::woken(const Event& event) {
  names(event.payload.wake.cpu);
  const auto found = threads_.find(event.payload.wake.tid);
  if (found == threads_.end() || found->second.losses != losses_) {
    return;
  }
  Thread& wakee = found->second;
  if (wakee.run != Run::sleeps) {
    wakee.woken_early = true;
    return;
  }
  if (sees_all_cpus() && wakee.woken_ns != 0) {
    breaks(Rule::woken_once, wakee.woken_ns);
  }
  wakee.woken_ns = event.time_ns;
}

}  // namespace wakepath::foreign
