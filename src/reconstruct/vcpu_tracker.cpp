// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/vcpu_tracker.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "reconstruct/exit_names.hpp"

namespace wakepath::reconstruct {

void VcpuTracker::waking(const Event& event, const CausePtr& by, bool running) {
  const std::uint32_t tid = event.payload.wake.tid;
  const bool in_kvm_run = (event.payload.wake.flags & WP_TASK_VCPU_LOADED) != 0;
  const auto found = vcpus_.find(tid);
  if (!in_kvm_run) {
    // Asleep in user space, or just leaving KVM_RUN: not a wake of the vCPU.
    return;
  }
  Vcpu& vcpu = found == vcpus_.end() ? vcpus_[tid] : found->second;
  if (vcpu.wake && vcpu.wake->sched_in_ns != 0) {
    vcpu.wake->flags.set(Flag::reblocked);
    close(vcpu);
  }
  VcpuWake wake;
  wake.tid = tid;
  wake.waking_ns = event.time_ns;
  wake.waking_cpu = event.cpu;
  wake.by = by;
  wake.blocked_since_ns = vcpu.blocked_since_ns;
  if (running) {
    wake.flags.set(Flag::early);
  }
  vcpu.wake = std::move(wake);
}

void VcpuTracker::wakeup(const Event& event) {
  const auto found = vcpus_.find(event.payload.wake.tid);
  if (found != vcpus_.end() && found->second.wake && found->second.wake->sched_in_ns == 0) {
    VcpuWake& wake = *found->second.wake;
    wake.marks.push_back({MarkKind::wakeup, event.time_ns, event.payload.wake.cpu, wake.comm});
  }
}

void VcpuTracker::migrate(const Event& event) {
  const auto found = vcpus_.find(event.payload.migrate.tid);
  if (found != vcpus_.end() && found->second.wake) {
    found->second.wake->flags.set(Flag::migrated);
    found->second.wake->marks.push_back(
        {MarkKind::migrated, event.time_ns, event.payload.migrate.cpu, {}});
  }
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
  const bool blocks = change.preempt == 0 && change.prev_state != 0;
  if (!blocks) {
    if (vcpu.wake && vcpu.wake->sched_in_ns != 0) {
      vcpu.wake->flags.set(Flag::preempted);
      vcpu.wake->marks.push_back({MarkKind::preempted, event.time_ns, event.cpu, {}});
    }
    return;
  }
  if (vcpu.wake && vcpu.wake->sched_in_ns != 0) {
    if (vcpu.entered_once) {
      vcpu.wake->flags.set(Flag::reblocked);
    }
    close(vcpu);
  }
  if (vcpu.finished) {
    WakeChain& chain = vcpu.finished->chain;
    chain.marks.push_back({MarkKind::sched_out, event.time_ns, event.cpu, {}});
    if (change.next_tid == 0) {
      chain.marks.push_back({MarkKind::idle, event.time_ns, event.cpu, {}});
    }
  }
  hand_on(vcpu, event.time_ns);
  vcpu.blocked_since_ns = in_kvm_run ? event.time_ns : 0;
}

void VcpuTracker::switched_in(const Event& event, const std::string& comm) {
  const wp_switch& change = event.payload.sched_switch;
  const auto found = vcpus_.find(change.next_tid);
  if (found == vcpus_.end()) {
    return;
  }
  Vcpu& vcpu = found->second;
  if (!vcpu.wake && vcpu.blocked_since_ns != 0) {
    // It slept, and its waking was not seen: the wake is real, its cause is not known.
    VcpuWake wake;
    wake.tid = change.next_tid;
    wake.waking_ns = event.time_ns;
    wake.waking_cpu = event.cpu;
    wake.flags.set(Flag::no_root);
    vcpu.wake = std::move(wake);
  }
  vcpu.blocked_since_ns = 0;
  if (!vcpu.wake) {
    return;
  }
  vcpu.wake->comm = comm;
  if (vcpu.wake->sched_in_ns == 0) {
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
  const auto found = vcpus_.find(event.tid);
  if (found == vcpus_.end()) {
    return;
  }
  Vcpu& vcpu = found->second;
  switch (event.kind) {
    case WP_EVENT_KVM_ENTRY:
      kvm_entry(event, vcpu);
      break;
    case WP_EVENT_KVM_EXIT:
      kvm_exit(event, vcpu);
      break;
    case WP_EVENT_KVM_VCPU_WAKEUP:
      if (vcpu.wake) {
        vcpu.wake->marks.push_back({MarkKind::vcpu_wakeup, event.time_ns, event.cpu, {}});
        if (vcpu.wake->sched_in_ns == 0) {
          vcpu.wake->poll_end_ns = event.time_ns;
        }
      }
      break;
    case WP_EVENT_KVM_TIMER_UPDATE_IRQ:
      if (vcpu.wake && event.payload.timer_irq.level != 0) {
        vcpu.wake->marks.push_back({MarkKind::injection, event.time_ns, event.cpu,
                                    fmt::format("PPI {}", event.payload.timer_irq.irq)});
      }
      break;
    case WP_EVENT_KVM_USERSPACE_EXIT:
      if (vcpu.wake) {
        vcpu.wake->marks.push_back({MarkKind::user_exit, event.time_ns, event.cpu,
                                    user_exit_name(event.payload.userspace_exit.reason)});
      }
      break;
    default:
      break;
  }
}

void VcpuTracker::kvm_entry(const Event& event, Vcpu& vcpu) {
  vcpu.entered_once = true;
  if (!vcpu.wake || (vcpu.wake->sched_in_ns == 0 && vcpu.wake->poll_end_ns == 0)) {
    return;
  }
  vcpu.wake->entry_ns = event.time_ns;
  vcpu.wake->entry_cpu = event.cpu;
  close(vcpu);
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

void VcpuTracker::check_losses(WakeChain& chain, std::uint64_t blocked_since_ns) const {
  // Where the cause was not seen, the sleep itself is what a loss may have hidden it in.
  const std::uint64_t since = chain.flags.has(Flag::no_root) && blocked_since_ns != 0
                                  ? std::min(blocked_since_ns, chain.begin_ns)
                                  : chain.begin_ns;
  const LossLog::Touch touch = losses_.touching(since, chain.end_ns);
  if (touch.lost) {
    chain.flags.set(Flag::lossy);
  }
  if (touch.missed) {
    chain.flags.set(Flag::missed_program);
  }
}

void VcpuTracker::close(Vcpu& vcpu) {
  hand_on(vcpu, std::nullopt);
  VcpuWake wake = std::move(*vcpu.wake);
  vcpu.wake.reset();
  if (wake.entry_ns == 0) {
    wake.flags.set(Flag::no_entry);
  }
  Finished finished{build_chain(wake, facts_), {}};
  annotate_(finished.chain, wake.by);
  check_losses(finished.chain, wake.blocked_since_ns);
  vcpu.finished = std::move(finished);
}

void VcpuTracker::hand_on(Vcpu& vcpu, std::optional<std::uint64_t> blocked_at_ns) {
  if (!vcpu.finished) {
    return;
  }
  WakeChain& chain = vcpu.finished->chain;
  if (blocked_at_ns) {
    const LossLog::Touch touch = losses_.touching(chain.end_ns, *blocked_at_ns);
    if (!touch.lost && !touch.missed) {
      chain.ran_ns = *blocked_at_ns - chain.end_ns;
      if (sees_exits() && chain.ends_at == EndsAt::kvm_entry) {
        chain.exits = std::move(vcpu.finished->exits);
      }
    }
  }
  emit_(std::move(chain));
  vcpu.finished.reset();
}

void VcpuTracker::guest_report(const wp_guest_report& report) {
  const auto found = vcpus_.find(report.tid);
  const auto hz = facts_.header().counter_hz;
  constexpr std::uint32_t kBoth = WP_REPORT_DEADLINE | WP_REPORT_NOW;
  if (found == vcpus_.end() || !found->second.finished || !hz || (report.flags & kBoth) != kBoth) {
    return;
  }
  const auto ticks = static_cast<std::int64_t>(report.now_ticks - report.deadline_ticks);
  const auto frequency = static_cast<std::int64_t>(*hz);
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  found->second.finished->chain.guest_lateness_ns =
      ticks / frequency * kNsPerSecond + ticks % frequency * kNsPerSecond / frequency;
}

void VcpuTracker::exited(std::uint32_t tid) {
  const auto found = vcpus_.find(tid);
  if (found != vcpus_.end()) {
    hand_on(found->second, std::nullopt);
    vcpus_.erase(found);
  }
}

void VcpuTracker::advanced_to(std::uint64_t time_ns) {
  for (auto& [tid, vcpu] : vcpus_) {
    if (vcpu.finished && vcpu.finished->chain.end_ns + kShowAfterNs < time_ns) {
      hand_on(vcpu, std::nullopt);
    }
  }
}

void VcpuTracker::finish() {
  for (auto& [tid, vcpu] : vcpus_) {
    if (vcpu.wake && vcpu.wake->sched_in_ns != 0) {
      vcpu.wake->flags.set(Flag::cut);
      close(vcpu);
    }
    hand_on(vcpu, std::nullopt);
  }
}

}  // namespace wakepath::reconstruct
