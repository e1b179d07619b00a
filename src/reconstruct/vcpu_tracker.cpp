// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/vcpu_tracker.hpp"

#include <algorithm>
#include <utility>

#include "reconstruct/exit_names.hpp"

namespace wakepath::reconstruct {

namespace {

// A vCPU can be sent back to user space any number of times before it enters its guest.
constexpr std::size_t kMaxMarks = 128;

// TASK_INTERRUPTIBLE, include/linux/sched.h. A vCPU that has nothing to do sleeps so
// (kvm_vcpu_block); one that is on its way to its guest may have to wait for a work item of 4.14's
// timer, for memory, or, on PREEMPT_RT, for a lock, and goes on then.
constexpr std::uint32_t kInterruptible = 1;

// The name of a mark `preempted` where the thread did not lose its CPU, but gave it away to wait.
constexpr const char* kWaits = "waits";

// Between two events of one act on two CPUs.
constexpr std::uint64_t kRightAfterNs = 1'000'000;

}  // namespace

// A signal may come of the thread that has just woken the vCPU.
void VcpuTracker::note_waker(const CausePtr& by, std::uint32_t tid) {
  constexpr std::size_t kMostWakers = 65536;
  constexpr std::size_t kMostWoken = 64;
  if (!by || by->kind != HopKind::task) {
    return;
  }
  if (woken_by_.size() >= kMostWakers) {
    woken_by_.clear();
  }
  std::vector<std::uint32_t>& woken = woken_by_[by->tid];
  if (std::ranges::find(woken, tid) != woken.end()) {
    return;
  }
  if (woken.size() == kMostWoken) {
    woken.erase(woken.begin());
  }
  woken.push_back(tid);
}

std::optional<std::uint64_t> VcpuTracker::woken(std::uint32_t tid) const {
  const Vcpu* vcpu = vcpus_.find(tid);
  if (vcpu == nullptr || !vcpu->wake) {
    return std::nullopt;
  }
  const VcpuWake& wake = *vcpu->wake;
  // Where its waking was not seen: the first event of the wake.
  return wake.waking_ns != 0 ? wake.waking_ns : std::max(wake.sched_in_ns, wake.poll_end_ns);
}

void VcpuTracker::mark(VcpuWake& wake, MarkKind kind, const Event& event, std::string name,
                       std::optional<std::uint32_t> cpu) {
  constexpr std::size_t kMostOften = 8;
  if (wake.marks.empty()) {
    wake.marks.reserve(kMostOften);
  }
  if (wake.marks.size() < kMaxMarks) {
    wake.marks.push_back({kind, event.time_ns, cpu.value_or(event.cpu), std::move(name)});
  }
}

bool VcpuTracker::waking(const Event& event, const CausePtr& by,
                         std::optional<std::uint64_t> running_since_ns) {
  Vcpu* const known = vcpus_.find(event.payload.wake.tid);
  if (known != nullptr && known->wake) {
    end_sleep(*known->wake, event.time_ns);
  }
  // Else it is asleep in user space, or just leaving KVM_RUN: not a wake of the vCPU.
  if ((event.payload.wake.flags & WP_TASK_VCPU_LOADED) != 0) {
    waking_inside(event, by, running_since_ns);
  }
  return known != nullptr;
}

void VcpuTracker::end_sleep(VcpuWake& wake, std::uint64_t now_ns) const {
  const std::optional<std::uint64_t> since_ns = wake.sleeps.woken(now_ns, losses_);
  if (!since_ns) {
    return;
  }
  for (Mark& mark : wake.marks) {
    if (mark.kind == MarkKind::preempted && mark.at_ns == *since_ns) {
      mark.name = kWaits;
    }
  }
}

void VcpuTracker::waking_inside(const Event& event, const CausePtr& by,
                                std::optional<std::uint64_t> running_since_ns) {
  const std::uint32_t tid = event.payload.wake.tid;
  Vcpu& vcpu = vcpus_[tid];
  if (vcpu.wake) {
    // A vCPU that is awake already, and has not left its blocking loop yet, is woken for nothing.
    const bool awake = vcpu.wake->on_cpu() || vcpu.wake->flags.has(Flag::early);
    VcpuWake& open = *vcpu.wake;
    if (by && !open.by && open.poll_end_ns != 0 &&
        open.poll_end_ns + kRightAfterNs >= event.time_ns) {
      // sched_waking comes only for a vCPU in its blocking loop (ttwu_state_match in
      // kernel/sched/core.c): it had just looked and gone on, and this is what it saw.
      open.by = by;
      note_waker(by, tid);
      open.waking_ns = event.time_ns;
      open.waking_cpu = event.cpu;
      open.flags.set(Flag::early);
      return;
    }
    const std::uint64_t since_ns = std::max(vcpu.wake->waking_ns, vcpu.wake->sched_in_ns);
    if (vcpu.entered_once && awake && !losses_.touching(since_ns, event.time_ns).any()) {
      return;
    }
    close_without_entry(vcpu, event.time_ns);
  }
  VcpuWake wake;
  wake.tid = tid;
  wake.waking_ns = event.time_ns;
  wake.waking_cpu = event.cpu;
  wake.prio = event.payload.wake.prio;
  wake.by = by;
  wake.blocked_since_ns = vcpu.blocked_since_ns;
  wake.since_before_capture = !vcpu.seen_before;
  vcpu.seen_before = true;
  if (by && by->kind == HopKind::timer && vcpu.blocked_since_ns != 0 &&
      vcpu.void_expiry_ns > vcpu.blocked_since_ns &&
      facts_.is_bg_timer(tid, event.time_ns, by->hrtimer)) {
    wake.flags.set(Flag::restarted_timer);
  }
  // It is still on its CPU only if its switch-out can't have been lost.
  if (running_since_ns && !losses_.touching(*running_since_ns, event.time_ns).any()) {
    wake.flags.set(Flag::early);
  }
  vcpu.wake = std::move(wake);
  note_waker(by, tid);
}

void VcpuTracker::polled(const Event& event, const CausePtr& by) {
  Vcpu* found = vcpus_.find(event.tid);
  if (found == nullptr) {
    return;
  }
  Vcpu& vcpu = *found;
  const std::uint64_t polled_ns = event.payload.vcpu_wakeup.wait_ns;
  const std::uint64_t since_ns = event.time_ns - std::min<std::uint64_t>(polled_ns, event.time_ns);
  hand_on(vcpu, since_ns);
  VcpuWake wake;
  wake.tid = event.tid;
  const KickLog::PollEnd end = vcpu.kicks.poll_end(event.time_ns, polled_ns, by);
  wake.by = end.by;
  wake.kicked_since_ns = end.since_ns;
  wake.blocked_since_ns = since_ns;
  wake.since_before_capture = !vcpu.seen_before;
  wake.poll_end_ns = event.time_ns;
  wake.poll_end_cpu = event.cpu;
  wake.flags.set(Flag::halt_poll);
  // It polls because of its last exit.
  if (vcpu.last_exit && vcpu.last_exit->at_ns <= since_ns &&
      !losses_.touching(vcpu.last_exit->at_ns, event.time_ns).any()) {
    const LastExit& left = *vcpu.last_exit;
    wake.marks.push_back({MarkKind::guest_exit, left.at_ns, left.cpu,
                          exit_name(facts_.header().arch, left.why.ret, left.why.esr_ec)});
  }
  note_waker(wake.by, event.tid);
  vcpu.wake = std::move(wake);
  due_.push({event.time_ns, event.tid});
}

void VcpuTracker::kick(const Event& event, CausePtr by) {
  const std::uint64_t address = event.payload.kick.vcpu;
  const auto tid = facts_.kvm_vcpu_owner(address);
  Vcpu* vcpu = tid ? vcpus_.find(*tid) : nullptr;
  const VcpuThread* fact = tid ? facts_.vcpu(*tid, event.time_ns) : nullptr;
  if (vcpu == nullptr || fact == nullptr || fact->kvm_vcpu != address) {
    return;
  }
  if (by && by->kind == HopKind::task && by->tid == *tid) {
    by = nullptr;
  }
  const bool unknown_poll = vcpu->wake && !vcpu->wake->by && vcpu->wake->flags.has(Flag::halt_poll);
  if (unknown_poll && vcpu->kicks.tells_late(vcpu->wake->poll_end_ns, event.time_ns, by)) {
    auto cause = std::make_shared<Cause>(*by);
    // The vCPU had dealt with the kick by then.
    cause->acted_ns = std::min(cause->acted_ns, vcpu->wake->poll_end_ns);
    vcpu->wake->by = std::move(cause);
    note_waker(vcpu->wake->by, *tid);
    vcpu->wake->kicked_since_ns = vcpu->kicks.since_ns();
  }
  vcpu->kicks.kicked(event.time_ns, std::move(by));
}

// The signal is told right after the waking that it made, by the same task. But its CPU may be
// taken away meanwhile, by an interrupt or below this host, and PREEMPT_RT may preempt it: for how
// long, nothing says.
void VcpuTracker::signal(const Event& event, std::uint64_t sender_slept_ns) {
  const wp_signal& signal = event.payload.signal;
  const auto woken = woken_by_.find(event.tid);
  if (woken == woken_by_.end()) {
    return;
  }
  for (const std::uint32_t tid : woken->second) {
    Vcpu* const found = vcpus_.find(tid);
    const bool meant =
        signal.group != 0 ? facts_.identity(tid, event.time_ns).vm_pid == std::optional(signal.tgid)
                          : tid == signal.tid;
    if (!meant || found == nullptr || !found->wake || !found->wake->by ||
        found->wake->signal != 0) {
      continue;
    }
    Vcpu& vcpu = *found;
    const Cause& by = *vcpu.wake->by;
    if (by.kind == HopKind::task && by.tid == event.tid && by.acted_ns >= sender_slept_ns &&
        by.acted_ns <= event.time_ns) {
      vcpu.wake->signal = signal.number;
    }
  }
}

void VcpuTracker::timer_woke_nobody(std::uint32_t tid, std::uint64_t now_ns) {
  if (Vcpu* vcpu = vcpus_.find(tid)) {
    vcpu->void_expiry_ns = now_ns;
  }
}

void VcpuTracker::wakeup(const Event& event) {
  Vcpu* vcpu = vcpus_.find(event.payload.wake.tid);
  if (vcpu != nullptr && vcpu->wake && vcpu->wake->sched_in_ns == 0) {
    VcpuWake& wake = *vcpu->wake;
    wake.queued = true;
    mark(wake, MarkKind::wakeup, event, wake.comm, event.payload.wake.cpu);
  }
}

void VcpuTracker::migrate(const Event& event) {
  Vcpu* vcpu = vcpus_.find(event.payload.migrate.tid);
  if (vcpu == nullptr || !vcpu->wake) {
    return;
  }
  VcpuWake& wake = *vcpu->wake;
  (wake.on_cpu() ? wake.flags_on_cpu : wake.flags).set(Flag::migrated);
  mark(wake, MarkKind::migrated, event, {}, event.payload.migrate.cpu);
}

void VcpuTracker::switched_out(const Event& event) {
  const wp_switch& change = event.payload.sched_switch;
  const bool in_kvm_run = (change.prev_flags & WP_TASK_VCPU_LOADED) != 0;
  if (!in_kvm_run && !known(event.tid)) {
    return;
  }
  Vcpu& vcpu = vcpus_[event.tid];
  vcpu.seen_before = true;
  const bool on_its_way = vcpu.wake && vcpu.wake->on_cpu();
  const bool blocks = change.preempt == 0 && change.prev_state != 0 &&
                      (!on_its_way || (change.prev_state & kInterruptible) != 0);
  if (!blocks) {
    if (on_its_way) {
      vcpu.wake->flags_on_cpu.set(Flag::preempted);
      const bool waits = change.preempt == 0 && change.prev_state != 0;
      mark(*vcpu.wake, MarkKind::preempted, event, waits ? kWaits : "");
      vcpu.wake->sleeps.left(event.time_ns, change);
    }
    return;
  }
  // A vCPU that is woken while it is on its way out of its CPU goes to sleep with its wake before
  // it; but if its wakeup came too, while it was running, that was for nothing.
  const bool in_vain = vcpu.wake && !vcpu.wake->on_cpu() && vcpu.wake->queued;
  if (vcpu.wake && !in_vain && (vcpu.wake->on_cpu() || vcpu.wake->blocked_since_ns != 0)) {
    close_without_entry(vcpu, event.time_ns);
  }
  if (vcpu.finished) {
    WakeChain& chain = vcpu.finished->chain;
    chain.marks.push_back({MarkKind::sched_out, event.time_ns, event.cpu, {}});
    if (change.next_tid == 0) {
      chain.marks.push_back({MarkKind::idle, event.time_ns, event.cpu, {}});
    }
  }
  hand_on(vcpu, event.time_ns);
  if (in_vain) {
    close_without_entry(vcpu, event.time_ns);
  }
  vcpu.blocked_since_ns = in_kvm_run ? event.time_ns : 0;
}

bool VcpuTracker::switched_in(const Event& event, const std::string& comm) {
  const wp_switch& change = event.payload.sched_switch;
  if ((change.next_flags & WP_TASK_VCPU_LOADED) == 0 && !known(change.next_tid)) {
    return false;
  }
  Vcpu& vcpu = vcpus_[change.next_tid];
  vcpu.seen_before = true;
  if (!vcpu.wake && vcpu.blocked_since_ns != 0) {
    // It slept, and its waking was not seen: the wake is real, its cause is not known.
    VcpuWake wake;
    wake.tid = change.next_tid;
    wake.blocked_since_ns = vcpu.blocked_since_ns;
    vcpu.wake = std::move(wake);
  }
  vcpu.blocked_since_ns = 0;
  if (!vcpu.wake) {
    return true;
  }
  vcpu.wake->comm = comm;
  vcpu.wake->sleeps.back(event.time_ns);
  if (!vcpu.wake->on_cpu()) {
    vcpu.wake->sched_in_ns = event.time_ns;
    vcpu.wake->sched_in_cpu = event.cpu;
    if (!vcpu.entered_once) {
      due_.push({event.time_ns, change.next_tid});
    }
    for (Mark& mark : vcpu.wake->marks) {
      if (mark.kind == MarkKind::wakeup) {
        mark.name = comm;
      }
    }
  }
  return true;
}

}  // namespace wakepath::reconstruct
