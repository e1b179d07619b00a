// SPDX-License-Identifier: GPL-2.0-or-later
// What the events of KVM tell of a vCPU: it left its guest, or its blocking loop, or enters.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "reconstruct/exit_names.hpp"
#include "reconstruct/vcpu_tracker.hpp"

namespace wakepath::reconstruct {

void VcpuTracker::kvm_event(const Event& event) {
  if (event.kind != WP_EVENT_KVM_ENTRY && !known(event.tid)) {
    return;
  }
  Vcpu& vcpu = vcpus_[event.tid];
  vcpu.seen_before = true;
  switch (event.kind) {
    case WP_EVENT_KVM_ENTRY:
      kvm_entry(event, vcpu);
      break;
    case WP_EVENT_KVM_EXIT:
      vcpu.blocked_since_ns = 0;
      vcpu.kicks.exited(event.time_ns);
      kvm_exit(event, vcpu);
      break;
    case WP_EVENT_KVM_VCPU_WAKEUP:
      vcpu.blocked_since_ns = 0;
      if (vcpu.wake) {
        mark(*vcpu.wake, MarkKind::vcpu_wakeup, event);
        if (const std::uint64_t halted_ns = event.payload.vcpu_wakeup.wait_ns;
            vcpu.wake->blocked_since_ns != 0 && halted_ns < event.time_ns &&
            event.time_ns - halted_ns < vcpu.wake->blocked_since_ns) {
          vcpu.wake->polled_ns = vcpu.wake->blocked_since_ns - (event.time_ns - halted_ns);
        }
        if (vcpu.wake->sched_in_ns == 0) {
          vcpu.wake->poll_end_ns = event.time_ns;
          vcpu.wake->poll_end_cpu = event.cpu;
          due_.push({event.time_ns, event.tid});
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
  vcpu.kicks.entered(event.time_ns);
  if (!vcpu.wake) {
    return;
  }
  if (vcpu.wake->waking_ns != 0 && vcpu.wake->sched_in_ns == 0 && facts_.sees(WP_EVENT_SWITCH) &&
      !losses_.touching(vcpu.wake->waking_ns, event.time_ns).any()) {
    // It needed no switch, so it had its CPU all the time.
    vcpu.wake->flags.set(Flag::early);
  }
  vcpu.wake->entry_ns = event.time_ns;
  vcpu.wake->entry_cpu = event.cpu;
  close(vcpu, event.time_ns);
}

void VcpuTracker::kvm_exit(const Event& event, Vcpu& vcpu) const {
  vcpu.last_exit = LastExit{event.time_ns, event.cpu, event.payload.kvm_exit};
  if (!vcpu.finished) {
    return;
  }
  const std::string reason =
      exit_name(facts_.header().arch, event.payload.kvm_exit.ret, event.payload.kvm_exit.esr_ec);
  WakeChain& chain = vcpu.finished->chain;
  if (vcpu.finished->exits.empty() && chain.ends_at == EndsAt::kvm_entry &&
      !losses_.touching(chain.end_ns, event.time_ns).any()) {
    chain.first_exit = GuestExit{event.time_ns, reason};
  }
  ++vcpu.finished->exits[reason];
  std::vector<Mark>& marks = chain.marks;
  // Only the last exit says why it left. The exits before are counted.
  if (!marks.empty() && marks.back().kind == MarkKind::guest_exit &&
      marks.back().at_ns >= chain.end_ns) {
    marks.pop_back();
  }
  marks.push_back({MarkKind::guest_exit, event.time_ns, event.cpu, reason});
}

}  // namespace wakepath::reconstruct
