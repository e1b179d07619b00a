// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/vcpu_guess.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include "import/vcpu_name.hpp"

namespace wakepath::foreign {

namespace {

// A hostile trace may have as many threads as it likes.
constexpr std::size_t kMostGuessed = 1'000'000;

// How far back the waking of a thread is looked for: as much as 100 CPUs do in some milliseconds.
constexpr std::size_t kLongestWaking = 20'000;

// How the kernel calls its threads; a trace does not say which are its own.
constexpr std::array<std::string_view, 9> kKernelThreads{"kworker/", "ksoftirqd/", "ktimers/",
                                                         "rcuc/",    "rcu_",       "migration/",
                                                         "irq/",     "kvm-pit/",   "vhost-"};

bool is_kernel_thread(std::string_view comm) {
  return std::ranges::any_of(kKernelThreads,
                             [&](std::string_view prefix) { return comm.starts_with(prefix); });
}

// The guest has nothing to do until it is woken. include/uapi/asm/vmx.h EXIT_REASON_HLT and
// MWAIT_INSTRUCTION, include/uapi/asm/svm.h SVM_EXIT_HLT; ESR_ELx_EC_WFx on arm64.
bool is_idle_exit(const wp_kvm_exit& exit, bool x86) {
  constexpr std::uint32_t kWfx = 0x01;
  return x86 ? exit.ret == 12 || exit.ret == 36 || exit.ret == 0x78
             : (exit.ret & 0x7fffffff) == 2 && exit.esr_ec == kWfx;
}

// VMs before their vCPUs.
std::tuple<bool, std::uint32_t, std::uint64_t> fact_order(const Fact& fact) {
  if (const auto* vcpu = std::get_if<VcpuFact>(&fact)) {
    return {true, vcpu->tid, vcpu->since_ns};
  }
  const auto* vm = std::get_if<VmFact>(&fact);
  return {false, vm == nullptr ? 0 : vm->key, 0};
}

}  // namespace

void VcpuGuess::foresee(std::unique_ptr<const Survey> survey) {
  survey_ = std::move(survey);
  sees_user_exits_ = survey_->saw(WP_EVENT_KVM_USERSPACE_EXIT);
  sees_exits_ = survey_->saw(WP_EVENT_KVM_EXIT);
  sees_wakeups_ = survey_->saw(WP_EVENT_KVM_VCPU_WAKEUP);
  sees_kvm_ = survey_->saw_kvm();
  for (const auto& [tid, lives] : survey_->threads()) {
    for (const ThreadLife& life : lives) {
      if (!survey_->is_vcpu(life) || !life.number) {
        continue;
      }
      if (life.tgid != 0) {
        facts_.emplace_back(VmFact{life.tgid, life.tgid, 0, "?"});
      }
      facts_.emplace_back(VcpuFact{tid, *life.number, life.tgid, 0, 0, life.since_ns,
                                   life.vcpu_comm.empty() ? life.first_comm : life.vcpu_comm});
    }
  }
  // The same for the same trace, whatever the order of a hash table is.
  std::ranges::stable_sort(facts_, {}, fact_order);
}

VcpuGuess::Thread& VcpuGuess::thread(std::uint32_t tid, std::uint64_t time_ns) {
  const auto [at, added] = threads_.try_emplace(tid);
  Thread& thread = at->second;
  const ThreadLife* life = added ? survey_->thread(tid, time_ns) : nullptr;
  if (life != nullptr) {
    thread.vcpu = life->first_kvm.has_value();
    thread.starts_inside = survey_->starts_inside(*life);
    thread.ran_without_kvm = !thread.vcpu && life->ran_without_kvm;
    thread.kvm_name = name_of(life->first_comm);
    thread.tgid = life->tgid;
    if (survey_->is_vcpu(*life)) {
      thread.number = life->number;
      thread.told = life->told;
      thread.since_ns = life->since_ns;
    }
    if (thread.vcpu) {
      count(thread);
    }
  }
  return thread;
}

bool VcpuGuess::is_inside(const Thread& thread) const {
  if (!thread.vcpu) {
    return false;
  }
  if (!thread.seen_kvm) {
    // A program that was started in the thread has another name.
    const bool same_name =
        thread.name == 0 || thread.kvm_name == 0 || thread.name == thread.kvm_name;
    return thread.starts_inside && same_name && !thread.ran_without_kvm &&
           !thread.acted_without_kvm;
  }
  return thread.in_run && (sees_user_exits_ || thread.idles || !sees_exits_);
}

std::uint8_t VcpuGuess::flags(std::uint32_t tid) const {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) {
    return 0;
  }
  const Thread& thread = found->second;
  return static_cast<std::uint8_t>((is_inside(thread) ? WP_TASK_VCPU_LOADED : 0U) |
                                   (names_[thread.name].kthread ? WP_TASK_KTHREAD : 0U));
}

std::uint32_t VcpuGuess::name_of(std::string_view comm) {
  constexpr std::size_t kMostComms = 100'000;
  if (comm.empty() || comm == "<...>") {
    return 0;
  }
  constexpr std::size_t kLongestComm = 32;
  comm = comm.substr(0, kLongestComm);
  if (const auto found = name_numbers_.find(comm); found != name_numbers_.end()) {
    return found->second;
  }
  if (names_.size() >= kMostComms) {
    return 0;
  }
  const auto number = static_cast<std::uint32_t>(names_.size());
  names_.push_back({std::string(comm), vcpu_number(comm), is_kernel_thread(comm)});
  name_numbers_.emplace(comm, number);
  return number;
}

void VcpuGuess::named(const Held& held) {
  if (held.named_tid == 0 || held.name == 0 || threads_.size() >= kMostGuessed) {
    return;
  }
  thread(held.named_tid, held.event.time_ns).name = held.name;
}

void VcpuGuess::event(std::deque<Held>& held) {
  Event& event = held.back().event;
  named(held.back());
  if (held.back().lost_before != 0) {
    ++losses_;
  }
  switch (event.kind) {
    case WP_EVENT_WAKING:
    case WP_EVENT_WAKEUP:
      event.payload.wake.flags = flags(event.payload.wake.tid);
      held.back().named_vcpu = may_be_vcpu(held.back().named_tid);
      if (const auto woken = threads_.find(event.payload.wake.tid); woken != threads_.end()) {
        woken->second.asleep = false;
        woken->second.woken_as = woken->second.name;
      }
      woke_somebody(event);
      break;
    case WP_EVENT_SWITCH:
      switched(held.back());
      event.payload.sched_switch.prev_flags = flags(event.tid);
      event.payload.sched_switch.next_flags = flags(event.payload.sched_switch.next_tid);
      held.back().named_vcpu = may_be_vcpu(held.back().named_tid);
      held.back().prev_vcpu = may_be_vcpu(event.tid);
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
        tell(event.tid, found->second, event.payload.timer_irq.vcpu_id, event.time_ns);
      }
      break;
    case WP_EVENT_KVM_ENTRY:
    case WP_EVENT_KVM_EXIT:
    case WP_EVENT_KVM_VCPU_WAKEUP:
    case WP_EVENT_KVM_USERSPACE_EXIT:
      if (event.tid != 0 && threads_.size() < kMostGuessed) {
        kvm_event(held);
      }
      break;
    default:
      break;
  }
}

// On its way to its first KVM_RUN a thread sets others going. One that is inside does it between
// two events of KVM.
void VcpuGuess::woke_somebody(const Event& event) {
  const bool as_task = event.kind == WP_EVENT_WAKING && event.context == WP_CONTEXT_KNOWN;
  if (const auto waker = as_task ? threads_.find(event.tid) : threads_.end();
      waker != threads_.end() && !waker->second.kvm_in_turn) {
    waker->second.acted_without_kvm = true;
  }
}

// As Survey::switched.
void VcpuGuess::switched(const Held& held) {
  const wp_switch& change = held.event.payload.sched_switch;
  const bool blocks = change.preempt == 0 && change.prev_state != 0;
  if (const auto prev = threads_.find(held.event.tid); prev != threads_.end()) {
    Thread& thread = prev->second;
    if (held.tgid != 0) {
      thread.tgid = held.tgid;
    }
    const bool whole = thread.switched_in && thread.losses == losses_;
    if (whole && blocks && !thread.kvm_in_turn) {
      thread.ran_without_kvm = true;
    }
    thread.switched_in = false;
    thread.asleep = blocks;
  }
  if (const auto next = threads_.find(change.next_tid); next != threads_.end()) {
    next->second.switched_in = true;
    next->second.kvm_in_turn = false;
    next->second.losses = losses_;
    const bool vcpu = next->second.vcpu || number_in_name(next->second);
    unwoken_ += vcpu && next->second.asleep ? 1U : 0U;
    next->second.asleep = false;
  }
}

void VcpuGuess::count(Thread& thread) {
  vcpus_ += thread.counted ? 0U : 1U;
  thread.counted = true;
}

void VcpuGuess::kvm_event(std::deque<Held>& held) {
  const Held& last = held.back();
  const Event& event = last.event;
  Thread& thread = this->thread(event.tid, event.time_ns);
  const bool first = !std::exchange(thread.seen_kvm, true);
  const bool foreseen = std::exchange(thread.vcpu, true);
  thread.kvm_in_turn = true;
  count(thread);
  if (last.tgid != 0) {
    thread.tgid = last.tgid;
  }
  if (last.vcpu) {
    tell(event.tid, thread, *last.vcpu, event.time_ns);
  } else if (const auto number = number_in_name(thread); number && !thread.number) {
    name(event.tid, thread, *number, event.time_ns);
  }
  const bool waited =
      event.kind == WP_EVENT_KVM_VCPU_WAKEUP && event.payload.vcpu_wakeup.waited != 0;
  // Its next sleep has begun where it has come from; a trace with kvm_vcpu_wakeup would say so.
  const bool slept_before = first && !foreseen && !sees_wakeups_ && !waited &&
                            !thread.ran_without_kvm && !thread.acted_without_kvm &&
                            (thread.woken_as == 0 || thread.woken_as == thread.name);
  if (slept_before || (waited && !is_inside(thread))) {
    was_asleep_inside(held, event.tid);
  }
  switch (event.kind) {
    case WP_EVENT_KVM_USERSPACE_EXIT:
      sees_user_exits_ = true;
      thread.in_run = false;
      return;
    case WP_EVENT_KVM_EXIT:
      (last.x86 ? x86_ : arm64_) = true;
      sees_kvm_ = sees_exits_ = true;
      thread.idles = is_idle_exit(event.payload.kvm_exit, last.x86);
      break;
    case WP_EVENT_KVM_VCPU_WAKEUP:
      sees_kvm_ = sees_wakeups_ = true;
      break;
    default:
      sees_kvm_ = true;
      break;
  }
  thread.in_run = true;
}

// By its name, or because kvm_userspace_exit said so.
bool VcpuGuess::may_be_vcpu(std::uint32_t tid) const {
  const auto found = threads_.find(tid);
  return found != threads_.end() && (number_in_name(found->second) || found->second.seen_kvm);
}

// Of a thread that may be one, and of which no event of KVM tells when it is inside.
bool VcpuGuess::is_inside_by_name(std::uint32_t tid, std::uint64_t time_ns) {
  const auto found = threads_.find(tid);
  if (found == threads_.end()) {
    return false;
  }
  Thread& thread = found->second;
  if (sees_kvm_ && (thread.vcpu || thread.ran_without_kvm)) {
    return false;
  }
  count(thread);
  if (const auto number = number_in_name(thread); number && !thread.number) {
    name(tid, thread, *number, time_ns);
  }
  return true;
}

void VcpuGuess::settle(Held& held) {
  Event& event = held.event;
  const bool named = held.named_vcpu && is_inside_by_name(held.named_tid, event.time_ns);
  if (named && event.kind == WP_EVENT_SWITCH) {
    event.payload.sched_switch.next_flags |= WP_TASK_VCPU_LOADED;
  } else if (named && (event.kind == WP_EVENT_WAKING || event.kind == WP_EVENT_WAKEUP)) {
    event.payload.wake.flags |= WP_TASK_VCPU_LOADED;
  }
  if (held.prev_vcpu && is_inside_by_name(event.tid, event.time_ns)) {
    event.payload.sched_switch.prev_flags |= WP_TASK_VCPU_LOADED;
  }
}

// The thread's last sleep was one in KVM_RUN: its waking, and the switch to it, were of a vCPU.
void VcpuGuess::was_asleep_inside(std::deque<Held>& held, std::uint32_t tid) {
  std::size_t steps = 0;
  for (auto at = std::next(held.rbegin()); at != held.rend() && ++steps < kLongestWaking; ++at) {
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
void VcpuGuess::tell(std::uint32_t tid, Thread& thread, std::uint32_t number,
                     std::uint64_t time_ns) {
  if (!thread.told) {
    thread.told = true;
    name(tid, thread, number, time_ns);
  }
}

void VcpuGuess::name(std::uint32_t tid, Thread& thread, std::uint32_t number,
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
  facts_.emplace_back(
      VcpuFact{tid, number, thread.tgid, 0, 0, thread.since_ns, names_[thread.name].comm});
}

std::vector<Fact> VcpuGuess::take_facts() { return std::exchange(facts_, {}); }

}  // namespace wakepath::foreign
