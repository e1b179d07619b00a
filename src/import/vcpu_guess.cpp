// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/vcpu_guess.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace wakepath::foreign {

namespace {

// A hostile trace may have as many threads as it likes.
constexpr std::size_t kMostThreads = 1'000'000;

// How far back the waking of a thread is looked for: as much as 100 CPUs do in some milliseconds.
constexpr std::size_t kLongestLook = 20'000;

// How the kernel calls its threads; a trace does not say which are its own.
constexpr std::array<std::string_view, 9> kKernelThreads{"kworker/", "ksoftirqd/", "ktimers/",
                                                         "rcuc/",    "rcu_",       "migration/",
                                                         "irq/",     "kvm-pit/",   "vhost-"};

bool is_kernel_thread(std::string_view comm) {
  return std::ranges::any_of(kKernelThreads,
                             [&](std::string_view prefix) { return comm.starts_with(prefix); });
}

// QEMU's "CPU 2/KVM", and what function_graph leaves of it: "CPU 2/K".
std::optional<std::uint32_t> index_of(std::string_view comm) {
  constexpr std::string_view kPrefix = "CPU ";
  if (!comm.starts_with(kPrefix)) {
    return std::nullopt;
  }
  std::uint32_t index = 0;
  const char* const end = comm.data() + comm.size();
  const auto [rest, error] = std::from_chars(comm.data() + kPrefix.size(), end, index);
  return error == std::errc() && rest != end && *rest == '/' ? std::optional(index) : std::nullopt;
}

// The guest has nothing to do until it is woken. include/uapi/asm/vmx.h EXIT_REASON_HLT and
// MWAIT_INSTRUCTION, include/uapi/asm/svm.h SVM_EXIT_HLT; ESR_ELx_EC_WFx on arm64.
bool is_idle_exit(const wp_kvm_exit& exit, bool x86) {
  constexpr std::uint32_t kWfx = 0x01;
  return x86 ? exit.ret == 12 || exit.ret == 36 || exit.ret == 0x78
             : (exit.ret & 0x7fffffff) == 2 && exit.esr_ec == kWfx;
}

}  // namespace

std::uint8_t VcpuGuess::flags(std::uint32_t tid) const {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) {
    return 0;
  }
  const Thread& thread = found->second;
  const bool inside = thread.vcpu && thread.in_run && (sees_user_exits_ || thread.idles);
  return static_cast<std::uint8_t>((inside ? WP_TASK_VCPU_LOADED : 0U) |
                                   (is_kernel_thread(thread.comm) ? WP_TASK_KTHREAD : 0U));
}

void VcpuGuess::named(std::uint32_t tid, std::string_view comm) {
  if (tid == 0 || comm.empty() || comm == "<...>" || threads_.size() >= kMostThreads) {
    return;
  }
  Thread& thread = threads_[tid];
  constexpr std::size_t kLongestComm = 32;
  comm = comm.substr(0, kLongestComm);
  if (thread.comm != comm) {
    thread.comm = comm;
  }
}

void VcpuGuess::event(std::deque<Held>& held) {
  Event& event = held.back().event;
  switch (event.kind) {
    case WP_EVENT_WAKING:
    case WP_EVENT_WAKEUP:
      event.payload.wake.flags = flags(event.payload.wake.tid);
      break;
    case WP_EVENT_SWITCH:
      event.payload.sched_switch.prev_flags = flags(event.tid);
      event.payload.sched_switch.next_flags = flags(event.payload.sched_switch.next_tid);
      break;
    case WP_EVENT_TASK_EXIT:
      threads_.erase(event.payload.task_exit.tid);
      break;
    case WP_EVENT_KVM_TIMER_UPDATE_IRQ:
      arm64_ = true;
      // In an interrupt or a softirq it may be of a vCPU that is not current.
      if (const auto found = threads_.find(event.tid); found != threads_.end() &&
                                                       found->second.vcpu &&
                                                       (event.context & ~WP_CONTEXT_KNOWN) == 0) {
        tell(found->second, event.tid, event.payload.timer_irq.vcpu_id, event.time_ns);
      }
      break;
    case WP_EVENT_KVM_ENTRY:
    case WP_EVENT_KVM_EXIT:
    case WP_EVENT_KVM_VCPU_WAKEUP:
    case WP_EVENT_KVM_USERSPACE_EXIT:
      if (event.tid != 0 && threads_.size() < kMostThreads) {
        kvm_event(held);
      }
      break;
    default:
      break;
  }
}

void VcpuGuess::kvm_event(std::deque<Held>& held) {
  const Held& last = held.back();
  const Event& event = last.event;
  Thread& thread = threads_[event.tid];
  const bool first = !thread.vcpu;
  if (first) {
    thread.vcpu = true;
    ++vcpus_;
  }
  if (last.tgid != 0) {
    thread.tgid = last.tgid;
  }
  if (last.vcpu) {
    tell(thread, event.tid, *last.vcpu, event.time_ns);
  } else if (!thread.number) {
    if (const auto index = index_of(thread.comm)) {
      name(thread, event.tid, *index, event.time_ns);
    }
  }
  switch (event.kind) {
    case WP_EVENT_KVM_USERSPACE_EXIT:
      sees_user_exits_ = true;
      thread.in_run = false;
      return;
    case WP_EVENT_KVM_EXIT:
      (last.x86 ? x86_ : arm64_) = true;
      thread.idles = is_idle_exit(event.payload.kvm_exit, last.x86);
      break;
    case WP_EVENT_KVM_VCPU_WAKEUP:
      if (event.payload.vcpu_wakeup.waited != 0 && (flags(event.tid) & WP_TASK_VCPU_LOADED) == 0) {
        was_asleep_inside(held, event.tid);
      }
      break;
    default:
      break;
  }
  thread.in_run = true;
}

// kvm_vcpu_wakeup ends a sleep in KVM_RUN: the thread's last waking, and the switch to it, were of
// a vCPU.
void VcpuGuess::was_asleep_inside(std::deque<Held>& held, std::uint32_t tid) {
  std::size_t steps = 0;
  for (auto at = std::next(held.rbegin()); at != held.rend() && ++steps < kLongestLook; ++at) {
    Event& before = at->event;
    if (before.kind == WP_EVENT_SWITCH && before.payload.sched_switch.next_tid == tid) {
      before.payload.sched_switch.next_flags |= WP_TASK_VCPU_LOADED;
    } else if (before.kind == WP_EVENT_WAKEUP && before.payload.wake.tid == tid) {
      before.payload.wake.flags |= WP_TASK_VCPU_LOADED;
    } else if (before.kind == WP_EVENT_WAKING && before.payload.wake.tid == tid) {
      before.payload.wake.flags |= WP_TASK_VCPU_LOADED;
      return;
    } else if (before.kind == WP_EVENT_SWITCH && before.tid == tid) {
      before.payload.sched_switch.prev_flags |= WP_TASK_VCPU_LOADED;
      if (before.payload.sched_switch.preempt == 0 && before.payload.sched_switch.prev_state != 0) {
        return;
      }
    }
  }
}

// A VMM may call its threads by other numbers: on x86_64 KVM's are the APIC IDs.
void VcpuGuess::tell(Thread& thread, std::uint32_t tid, std::uint32_t number,
                     std::uint64_t time_ns) {
  if (!thread.told) {
    thread.told = true;
    name(thread, tid, number, time_ns);
  }
}

void VcpuGuess::name(Thread& thread, std::uint32_t tid, std::uint32_t number,
                     std::uint64_t time_ns) {
  if (thread.number == number) {
    return;
  }
  // A later fact of the same time takes the place of the first.
  thread.since_ns = thread.number ? thread.since_ns : time_ns;
  thread.number = number;
  if (thread.tgid != 0) {
    facts_.emplace_back(VmFact{thread.tgid, thread.tgid, 0, "?"});
  }
  facts_.emplace_back(VcpuFact{tid, number, thread.tgid, 0, 0, thread.since_ns, thread.comm});
}

std::vector<Fact> VcpuGuess::take_facts() { return std::exchange(facts_, {}); }

}  // namespace wakepath::foreign
