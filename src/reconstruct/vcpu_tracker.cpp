// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/vcpu_tracker.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "reconstruct/exit_names.hpp"

namespace wakepath::reconstruct {

namespace {

// A vCPU can be sent back to user space any number of times before it enters its guest.
constexpr std::size_t kMaxMarks = 128;

// Between two events of one act on two CPUs, or of a sender whom a tracer slows down.
constexpr std::uint64_t kRightAfterNs = 1'000'000;

bool on_cpu(const VcpuWake& wake) { return wake.sched_in_ns != 0 || wake.poll_end_ns != 0; }

// How far after its deadline the guest read its counter; nothing where it had none.
std::optional<std::int64_t> lateness_ns(const wp_guest_report& report,
                                        std::optional<std::uint64_t> hz) {
  constexpr std::uint32_t kBoth = WP_REPORT_DEADLINE | WP_REPORT_NOW;
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  constexpr std::uint64_t kFastest = 9'000'000'000;  // what can be multiplied below
  constexpr std::int64_t kLongest = 1'000'000'000;   // seconds
  if ((report.flags & kBoth) != kBoth || !hz || *hz > kFastest) {
    return std::nullopt;
  }
  const auto ticks = static_cast<std::int64_t>(report.now_ticks - report.deadline_ticks);
  const auto frequency = static_cast<std::int64_t>(*hz);
  const std::int64_t seconds = ticks / frequency;
  if (seconds > kLongest || seconds < -kLongest) {
    return std::nullopt;
  }
  return seconds * kNsPerSecond + ticks % frequency * kNsPerSecond / frequency;
}

}  // namespace

void VcpuTracker::mark(VcpuWake& wake, MarkKind kind, const Event& event, std::string name,
                       std::optional<std::uint32_t> cpu) {
  if (wake.marks.size() < kMaxMarks) {
    wake.marks.push_back({kind, event.time_ns, cpu.value_or(event.cpu), std::move(name)});
  }
}

void VcpuTracker::waking(const Event& event, const CausePtr& by,
                         std::optional<std::uint64_t> running_since_ns) {
  const std::uint32_t tid = event.payload.wake.tid;
  if ((event.payload.wake.flags & WP_TASK_VCPU_LOADED) == 0) {
    // Asleep in user space, or just leaving KVM_RUN: not a wake of the vCPU.
    return;
  }
  Vcpu& vcpu = vcpus_[tid];
  if (vcpu.wake) {
    // One that is awake already, and has not left its blocking loop yet, is woken for nothing.
    const bool awake = on_cpu(*vcpu.wake) || vcpu.wake->flags.has(Flag::early);
    VcpuWake& open = *vcpu.wake;
    if (by && !open.by && open.poll_end_ns != 0 &&
        open.poll_end_ns + kRightAfterNs >= event.time_ns) {
      // sched_waking comes of one that is in its blocking loop alone (ttwu_state_match in
      // kernel/sched/core.c): it had just looked and gone on, and this is what it saw.
      open.by = by;
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
  wake.by = by;
  wake.blocked_since_ns = vcpu.blocked_since_ns;
  wake.since_before_capture = !vcpu.seen_before;
  vcpu.seen_before = true;
  // It is still on its CPU only if its switch-out can't have been lost.
  if (by && by->kind == HopKind::timer && vcpu.blocked_since_ns != 0 &&
      vcpu.void_expiry_ns > vcpu.blocked_since_ns &&
      facts_.is_bg_timer(tid, event.time_ns, by->hrtimer)) {
    wake.flags.set(Flag::restarted_timer);
  }
  if (running_since_ns && !losses_.touching(*running_since_ns, event.time_ns).any()) {
    wake.flags.set(Flag::early);
  }
  vcpu.wake = std::move(wake);
}

void VcpuTracker::polled(const Event& event, const CausePtr& by) {
  const auto found = vcpus_.find(event.tid);
  if (found == vcpus_.end()) {
    return;
  }
  Vcpu& vcpu = found->second;
  const std::uint64_t polled_ns = event.payload.vcpu_wakeup.wait_ns;
  const std::uint64_t since_ns = event.time_ns - std::min<std::uint64_t>(polled_ns, event.time_ns);
  hand_on(vcpu, since_ns);
  VcpuWake wake;
  wake.tid = event.tid;
  wake.by = by;
  wake.blocked_since_ns = since_ns;
  wake.since_before_capture = !vcpu.seen_before;
  wake.poll_end_ns = event.time_ns;
  wake.poll_end_cpu = event.cpu;
  wake.flags.set(Flag::halt_poll);
  vcpu.wake = std::move(wake);
}

// The signal is told right after the waking that it made, by the same task on the same CPU.
void VcpuTracker::signal(const Event& event) {
  const wp_signal& signal = event.payload.signal;
  for (auto& [tid, vcpu] : vcpus_) {
    const bool meant =
        signal.group != 0 ? facts_.identity(tid, event.time_ns).vm_pid == std::optional(signal.tgid)
                          : tid == signal.tid;
    if (!meant || !vcpu.wake || !vcpu.wake->by || vcpu.wake->signal != 0) {
      continue;
    }
    const Cause& by = *vcpu.wake->by;
    if (by.kind == HopKind::task && by.tid == event.tid && by.cpu == event.cpu &&
        by.acted_ns <= event.time_ns && event.time_ns - by.acted_ns <= kRightAfterNs) {
      vcpu.wake->signal = signal.number;
    }
  }
}

void VcpuTracker::timer_woke_nobody(std::uint32_t tid, std::uint64_t now_ns) {
  if (const auto found = vcpus_.find(tid); found != vcpus_.end()) {
    found->second.void_expiry_ns = now_ns;
  }
}

void VcpuTracker::wakeup(const Event& event) {
  const auto found = vcpus_.find(event.payload.wake.tid);
  if (found != vcpus_.end() && found->second.wake && found->second.wake->sched_in_ns == 0) {
    VcpuWake& wake = *found->second.wake;
    wake.queued = true;
    mark(wake, MarkKind::wakeup, event, wake.comm, event.payload.wake.cpu);
  }
}

void VcpuTracker::migrate(const Event& event) {
  const auto found = vcpus_.find(event.payload.migrate.tid);
  if (found == vcpus_.end() || !found->second.wake) {
    return;
  }
  VcpuWake& wake = *found->second.wake;
  (on_cpu(wake) ? wake.flags_on_cpu : wake.flags).set(Flag::migrated);
  mark(wake, MarkKind::migrated, event, {}, event.payload.migrate.cpu);
}

void VcpuTracker::switched_out(const Event& event) {
  const wp_switch& change = event.payload.sched_switch;
  const bool in_kvm_run = (change.prev_flags & WP_TASK_VCPU_LOADED) != 0;
  auto found = vcpus_.find(event.tid);
  if (found == vcpus_.end()) {
    if (!in_kvm_run) {
      return;
    }
    found = vcpus_.try_emplace(event.tid).first;
  }
  Vcpu& vcpu = found->second;
  vcpu.seen_before = true;
  const bool blocks = change.preempt == 0 && change.prev_state != 0;
  if (!blocks) {
    if (vcpu.wake && on_cpu(*vcpu.wake)) {
      vcpu.wake->flags_on_cpu.set(Flag::preempted);
      mark(*vcpu.wake, MarkKind::preempted, event);
    }
    return;
  }
  // One that is woken while it is on its way out of its CPU goes to sleep with its wake before it;
  // but if its wakeup came too, while it was running, that was for nothing.
  const bool in_vain = vcpu.wake && !on_cpu(*vcpu.wake) && vcpu.wake->queued;
  if (vcpu.wake && !in_vain && (on_cpu(*vcpu.wake) || vcpu.wake->blocked_since_ns != 0)) {
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

void VcpuTracker::switched_in(const Event& event, const std::string& comm) {
  const wp_switch& change = event.payload.sched_switch;
  auto found = vcpus_.find(change.next_tid);
  if (found == vcpus_.end()) {
    if ((change.next_flags & WP_TASK_VCPU_LOADED) == 0) {
      return;
    }
    found = vcpus_.try_emplace(change.next_tid).first;
  }
  Vcpu& vcpu = found->second;
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
    return;
  }
  vcpu.wake->comm = comm;
  if (!on_cpu(*vcpu.wake)) {
    vcpu.wake->sched_in_ns = event.time_ns;
    vcpu.wake->sched_in_cpu = event.cpu;
    for (Mark& mark : vcpu.wake->marks) {
      if (mark.kind == MarkKind::wakeup) {
        mark.name = comm;
      }
    }
  }
}

void VcpuTracker::kvm_event(const Event& event) {
  const auto found = event.kind == WP_EVENT_KVM_ENTRY ? vcpus_.try_emplace(event.tid).first
                                                      : vcpus_.find(event.tid);
  if (found == vcpus_.end()) {
    return;
  }
  Vcpu& vcpu = found->second;
  vcpu.seen_before = true;
  switch (event.kind) {
    case WP_EVENT_KVM_ENTRY:
      kvm_entry(event, vcpu);
      break;
    case WP_EVENT_KVM_EXIT:
      vcpu.blocked_since_ns = 0;
      kvm_exit(event, vcpu);
      break;
    case WP_EVENT_KVM_VCPU_WAKEUP:
      vcpu.blocked_since_ns = 0;
      if (vcpu.wake) {
        mark(*vcpu.wake, MarkKind::vcpu_wakeup, event);
        if (vcpu.wake->sched_in_ns == 0) {
          vcpu.wake->poll_end_ns = event.time_ns;
          vcpu.wake->poll_end_cpu = event.cpu;
          if (event.payload.vcpu_wakeup.waited == 0) {
            vcpu.wake->flags.set(Flag::halt_poll);
          }
        }
      }
      break;
    case WP_EVENT_KVM_TIMER_UPDATE_IRQ:
      if (vcpu.wake && event.payload.timer_irq.level != 0) {
        mark(*vcpu.wake, MarkKind::injection, event,
             fmt::format("PPI {}", event.payload.timer_irq.irq));
      }
      break;
    case WP_EVENT_KVM_USERSPACE_EXIT:
      if (vcpu.wake) {
        mark(*vcpu.wake, MarkKind::user_exit, event,
             user_exit_name(event.payload.userspace_exit.reason));
      }
      break;
    default:
      break;
  }
}

void VcpuTracker::kvm_entry(const Event& event, Vcpu& vcpu) {
  vcpu.entered_once = true;
  // It runs, also where its way onto the CPU was not seen.
  vcpu.blocked_since_ns = 0;
  if (!vcpu.wake) {
    return;
  }
  vcpu.wake->entry_ns = event.time_ns;
  vcpu.wake->entry_cpu = event.cpu;
  close(vcpu, event.time_ns);
}

void VcpuTracker::kvm_exit(const Event& event, Vcpu& vcpu) const {
  if (!vcpu.finished) {
    return;
  }
  const std::string reason =
      exit_name(facts_.header().arch, event.payload.kvm_exit.ret, event.payload.kvm_exit.esr_ec);
  ++vcpu.finished->exits[reason];
  std::vector<Mark>& marks = vcpu.finished->chain.marks;
  // Only the last exit says why it left; those before are counted.
  if (!marks.empty() && marks.back().kind == MarkKind::guest_exit) {
    marks.pop_back();
  }
  marks.push_back({MarkKind::guest_exit, event.time_ns, event.cpu, reason});
}

bool VcpuTracker::sees_exits() const {
  const auto& events = facts_.header().events;
  return std::any_of(events.begin(), events.end(), [](const EventState& state) {
    return state.enabled && state.event == event_name(WP_EVENT_KVM_EXIT);
  });
}

void VcpuTracker::check_losses(WakeChain& chain, std::uint64_t since_ns,
                               std::uint64_t until_ns) const {
  const LossLog::Touch touch = losses_.touching(since_ns, until_ns);
  if (touch.lost) {
    chain.flags.set(Flag::lossy);
  }
  if (touch.missed) {
    chain.flags.set(Flag::missed_program);
  }
}

void VcpuTracker::close_without_entry(Vcpu& vcpu, std::uint64_t now_ns) {
  // Where kvm_entry does not fire, the guest has run meanwhile for all that we know.
  if (vcpu.entered_once || (vcpu.wake->flags.has(Flag::early) && !on_cpu(*vcpu.wake))) {
    vcpu.wake->flags.set(Flag::reblocked);
  }
  close(vcpu, now_ns);
}

void VcpuTracker::close(Vcpu& vcpu, std::uint64_t now_ns) {
  hand_on(vcpu, std::nullopt);
  VcpuWake wake = std::move(*vcpu.wake);
  vcpu.wake.reset();
  // One that found nothing to do has no guest entry that could be missing.
  const bool idle_turn = wake.flags.has(Flag::reblocked) && on_cpu(wake);
  if (wake.entry_ns == 0 && !idle_turn && !wake.flags.has(Flag::cut)) {
    wake.flags.set(Flag::no_entry);
  }
  if (wake.entry_ns != 0 || vcpu.entered_once) {
    for (const Flag flag : {Flag::preempted, Flag::migrated}) {
      if (wake.flags_on_cpu.has(flag)) {
        wake.flags.set(flag);
      }
    }
  } else {
    // It may have been in its guest: what it does there says nothing of the wake.
    std::erase_if(wake.marks, [&](const Mark& mark) {
      return wake.sched_in_ns != 0 && mark.at_ns > wake.sched_in_ns &&
             (mark.kind == MarkKind::preempted || mark.kind == MarkKind::migrated);
    });
  }
  BuiltChain built = build_chain(wake, facts_);
  annotate_(built, wake.by);
  // Where kvm_entry does not fire, nothing was to be seen after the sched_in.
  const bool over = on_cpu(wake) && !vcpu.entered_once;
  check_losses(built.chain, built.rests_on_ns, over ? built.chain.end_ns : now_ns);
  if (idle_turn && !built.chain.complete()) {
    // Then the entry may be what was lost.
    built.chain.flags.set(Flag::no_entry);
  }
  if (built.chain.blocked_ns && losses_.touching(wake.blocked_since_ns, wake.waking_ns).any()) {
    built.chain.blocked_ns.reset();
  }
  const bool guest_ran =
      wake.entry_ns != 0 || (on_cpu(wake) && !vcpu.entered_once && !wake.flags.has(Flag::cut));
  vcpu.finished = Finished{std::move(built.chain), {}, guest_ran};
}

void VcpuTracker::hand_on(Vcpu& vcpu, std::optional<std::uint64_t> blocked_at_ns) {
  if (!vcpu.finished) {
    return;
  }
  WakeChain& chain = vcpu.finished->chain;
  if (blocked_at_ns && *blocked_at_ns >= chain.end_ns && vcpu.finished->guest_ran &&
      !losses_.touching(chain.end_ns, *blocked_at_ns).any()) {
    chain.ran_ns = *blocked_at_ns - chain.end_ns;
    if (sees_exits() && chain.ends_at == EndsAt::kvm_entry) {
      chain.exits = std::move(vcpu.finished->exits);
    }
  }
  emit_(std::move(chain));
  vcpu.finished.reset();
}

void VcpuTracker::guest_report(const wp_guest_report& report) {
  const auto found = vcpus_.find(report.tid);
  if (found == vcpus_.end()) {
    return;
  }
  Vcpu& vcpu = found->second;
  // One that is missing may have been the first of this run.
  const bool follows = report.sequence == std::exchange(vcpu.next_report, report.sequence + 1);
  if (!follows) {
    return;
  }
  const auto say = [&](auto& wake) {
    // The first after the wake. Those that follow come from a guest that was awake.
    if (wake.guest_lateness_ns || wake.guest_woke_ns) {
      return;
    }
    wake.guest_lateness_ns = lateness_ns(report, facts_.header().counter_hz);
    if ((report.flags & WP_REPORT_NOW_NS) != 0) {
      wake.guest_woke_ns = report.now_ns;
    }
  };
  if (vcpu.finished) {
    // If a whole wake was lost meanwhile, the report is of that one.
    if (!losses_.touching(vcpu.finished->chain.end_ns, report.time_ns).any()) {
      say(vcpu.finished->chain);
    }
  } else if (vcpu.wake && on_cpu(*vcpu.wake)) {
    say(*vcpu.wake);
  }
}

void VcpuTracker::exited(std::uint32_t tid, std::uint64_t now_ns) {
  const auto found = vcpus_.find(tid);
  if (found != vcpus_.end()) {
    if (found->second.wake) {
      close(found->second, now_ns);
    }
    hand_on(found->second, std::nullopt);
    vcpus_.erase(found);
  }
}

void VcpuTracker::advanced_to(std::uint64_t time_ns) {
  for (auto& [tid, vcpu] : vcpus_) {
    const bool in_guest_unseen = vcpu.wake && on_cpu(*vcpu.wake) && !vcpu.entered_once;
    if (in_guest_unseen &&
        std::max(vcpu.wake->sched_in_ns, vcpu.wake->poll_end_ns) + kShowAfterNs < time_ns) {
      close(vcpu, time_ns);
    }
    if (vcpu.finished && vcpu.finished->chain.end_ns + kShowAfterNs < time_ns) {
      hand_on(vcpu, std::nullopt);
    }
  }
}

void VcpuTracker::finish(std::uint64_t now_ns) {
  for (auto& [tid, vcpu] : vcpus_) {
    if (vcpu.wake) {
      if (vcpu.entered_once || !on_cpu(*vcpu.wake)) {
        vcpu.wake->flags.set(Flag::cut);
      }
      close(vcpu, now_ns);
    }
    hand_on(vcpu, std::nullopt);
  }
}

}  // namespace wakepath::reconstruct
