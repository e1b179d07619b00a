// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/survey.hpp"

#include <algorithm>

#include "import/vcpu_name.hpp"

namespace wakepath::foreign {

namespace {

// A hostile trace may have as many threads as it likes.
constexpr std::size_t kMostSurveyed = 200'000;
constexpr std::size_t kMostLives = 1000;

bool blocks(const wp_switch& change) { return change.preempt == 0 && change.prev_state != 0; }

}  // namespace

Survey::Survey() : kinds_(WP_EVENT_KINDS) {}

Result<void> Survey::about(const TraceInfo& info) {
  contradictions_.resolution(info.resolution_ns);
  return {};
}

Result<void> Survey::lost(const TraceLoss& loss) {
  ++losses_;
  contradictions_.lost(loss.cpu);
  return {};
}

ThreadLife* Survey::life(std::uint32_t tid, std::uint64_t time_ns) {
  if (tid == 0 || (lives_.size() >= kMostSurveyed && !lives_.contains(tid))) {
    return nullptr;
  }
  std::vector<ThreadLife>& lives = lives_[tid];
  if (lives.empty()) {
    lives.emplace_back();
  } else if (lives.back().until_ns < time_ns && lives.size() < kMostLives) {
    const std::uint64_t since = lives.back().until_ns + 1;
    lives.emplace_back().since_ns = since;
  }
  return &lives.back();
}

void Survey::named(std::uint32_t tid, std::string_view comm, std::uint64_t time_ns) {
  if (comm.empty() || comm == "<...>") {
    return;
  }
  ThreadLife* thread = life(tid, time_ns);
  if (thread == nullptr || thread->comm == comm) {
    return;
  }
  thread->comm = comm.substr(0, WP_COMM_BYTES - 1);
  if (const auto number = vcpu_number(comm)) {
    thread->vcpu_comm = thread->comm;
    if (!thread->told) {
      thread->number = number;
    }
  }
}

Result<void> Survey::event(const TraceEvent& event) {
  const auto judge = [this, &event] {
    if (event.cpu < WP_MAX_CPUS) {
      contradictions_.event(
          {event.time_ns, event.cpu, event.tid, event.kind, event.context, event.payload},
          {event.x86, event.guest_pc, event.now_ns, event.open_ns, event.was_armed,
           event.cancelled});
    }
  };
  if (event.kind <= WP_EVENT_NONE || event.kind >= WP_EVENT_KINDS) {
    if (event.cancelled != 0) {
      judge();
    }
    return {};
  }
  ++events_;
  if (event.kind != WP_EVENT_SWITCH) {
    named(event.tid, event.comm, event.time_ns);
  }
  kinds_[event.kind] = true;
  judge();
  switch (event.kind) {
    case WP_EVENT_WAKING:
    case WP_EVENT_WAKEUP:
      named(event.payload.wake.tid, event.other_comm, event.time_ns);
      break;
    case WP_EVENT_SWITCH:
      switched(event);
      break;
    case WP_EVENT_TASK_EXIT:
      if (ThreadLife* ended = life(event.payload.task_exit.tid, event.time_ns)) {
        ended->until_ns = event.time_ns;
      }
      break;
    case WP_EVENT_KVM_ENTRY:
    case WP_EVENT_KVM_EXIT:
    case WP_EVENT_KVM_VCPU_WAKEUP:
    case WP_EVENT_KVM_USERSPACE_EXIT:
    case WP_EVENT_KVM_TIMER_UPDATE_IRQ:
      kvm_event(event);
      break;
    default:
      break;
  }
  return {};
}

void Survey::switched(const TraceEvent& event) {
  named(event.tid, event.comm, event.time_ns);
  named(event.payload.sched_switch.next_tid, event.other_comm, event.time_ns);
  if (event.tgid != 0 && lives_.contains(event.tid)) {
    life(event.tid, event.time_ns)->tgid = event.tgid;
  }
  if (const auto ran = running_.find(event.tid); ran != running_.end()) {
    const bool whole = ran->second.since_switch && ran->second.losses == losses_;
    if (whole && !ran->second.kvm && blocks(event.payload.sched_switch)) {
      if (ThreadLife* thread = life(event.tid, event.time_ns)) {
        thread->ran_without_kvm = true;
      }
    }
    running_.erase(ran);
  }
  if (const std::uint32_t next = event.payload.sched_switch.next_tid;
      next != 0 && running_.size() < kMostSurveyed) {
    running_[next] = {true, false, losses_};
  }
}

void Survey::kvm_event(const TraceEvent& event) {
  ThreadLife* thread = life(event.tid, event.time_ns);
  if (thread == nullptr) {
    return;
  }
  if (event.tgid != 0) {
    thread->tgid = event.tgid;
  }
  const auto tell = [thread](std::uint32_t number) {
    if (!thread->told) {
      thread->told = true;
      thread->number = number;
    }
  };
  if (event.kind == WP_EVENT_KVM_TIMER_UPDATE_IRQ) {
    // In an interrupt or a softirq it may be of a vCPU that is not current.
    if ((event.context & ~WP_CONTEXT_KNOWN) == 0 && thread->first_kvm) {
      tell(event.payload.timer_irq.vcpu_id);
    }
    return;
  }
  if (event.vcpu) {
    tell(*event.vcpu);
  }
  if (!thread->first_kvm) {
    thread->first_kvm = event.kind;
    thread->first_comm = thread->comm;
    thread->first_waited =
        event.kind == WP_EVENT_KVM_VCPU_WAKEUP && event.payload.vcpu_wakeup.waited != 0;
  }
  if (const auto runs = running_.find(event.tid); runs != running_.end()) {
    runs->second.kvm = true;
  }
}

bool Survey::saw_kvm() const {
  return saw(WP_EVENT_KVM_ENTRY) || saw(WP_EVENT_KVM_EXIT) || saw(WP_EVENT_KVM_VCPU_WAKEUP);
}

const ThreadLife* Survey::thread(std::uint32_t tid, std::uint64_t time_ns) const {
  const auto found = lives_.find(tid);
  if (found == lives_.end()) {
    return nullptr;
  }
  const auto then = std::ranges::find_if(
      found->second, [time_ns](const ThreadLife& one) { return time_ns <= one.until_ns; });
  return then == found->second.end() ? nullptr : &*then;
}

bool Survey::is_vcpu(const ThreadLife& life) const {
  // One that only has the name of a vCPU and does not do what they do is another thread of the VMM.
  return life.first_kvm || (!life.vcpu_comm.empty() && (!saw_kvm() || !life.ran_without_kvm));
}

bool Survey::starts_inside(const ThreadLife& life) const {
  // Where the trace has kvm_vcpu_wakeup, it follows on each sleep inside.
  return life.first_kvm && (saw(WP_EVENT_KVM_VCPU_WAKEUP) ? life.first_waited : true);
}

}  // namespace wakepath::foreign
