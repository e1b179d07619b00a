// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/wake_joiner.hpp"

#include <algorithm>

namespace wakepath::foreign::graph {

namespace {

constexpr std::size_t kOpenWakings = 256;
constexpr std::size_t kThreadsKnown = 16'384;

// Others use swait and rcuwait too.
bool is_of_kvm(const Frame& frame) {
  return frame.name.starts_with("kvm_") || frame.name.starts_with("vgic_") ||
         frame.name.starts_with("apic_timer");
}

bool waits_in_kvm(const Frame& frame) { return frame.role == Role::kvm_block; }

}  // namespace

std::optional<Wakee> WakeJoiner::whom(const Thread& thread) {
  const std::span<const Frame> calls = innermost_context(thread.stack);
  for (auto frame = calls.rbegin(); frame != calls.rend(); ++frame) {
    if (frame->role == Role::insert_work) {
      return Wakee::worker;
    }
    if (frame->role == Role::wake_vcpu ||
        (frame->role == Role::wake_waiter && std::any_of(frame, calls.rend(), is_of_kvm))) {
      return Wakee::vcpu;
    }
  }
  return std::nullopt;
}

void WakeJoiner::waking(Wakee wakee, std::uint64_t number, std::uint64_t line) {
  if (open_.size() >= kOpenWakings) {
    open_.erase(open_.begin());
  }
  open_.push_back(Open{wakee, number, line});
}

void WakeJoiner::none(std::uint64_t number) {
  std::erase_if(open_, [&](const Open& open) { return open.number == number; });
}

WakeJoiner::Known& WakeJoiner::known(std::uint32_t tid) {
  if (threads_.size() >= kThreadsKnown && !threads_.contains(tid)) {
    threads_.clear();
  }
  return threads_[tid];
}

void WakeJoiner::is_vcpu(const Thread& thread) {
  if (thread.tid.value_or(0) != 0) {
    known(*thread.tid).vcpu = true;
  }
}

std::optional<WakeJoiner::Found> WakeJoiner::switched(const Where& where, const Thread& before,
                                                      const Thread& next, bool sleeps) {
  if (before.tid.value_or(0) != 0) {
    const bool ran_from_begin = !knows(*before.tid);
    Known& thread = known(*before.tid);
    if (sleeps) {
      thread.state = State::asleep;
    } else if (ran_from_begin) {
      thread.state = State::awake;
    }
    thread.vcpu =
        thread.vcpu || std::any_of(before.stack.begin(), before.stack.end(), waits_in_kvm);
    thread.cpu = where.cpu;
    thread.since = where.line;
  }
  if (next.tid.value_or(0) == 0) {
    return std::nullopt;
  }
  Known& thread = known(*next.tid);
  if (next.comm == "kworker" && thread.state != State::awake) {
    return woken(Wakee::worker, thread, where.cpu);
  }
  if (thread.vcpu && thread.state == State::asleep) {
    return woken(Wakee::vcpu, thread, where.cpu);
  }
  // Whether it was asleep, and is a vCPU's, what it does next tells: back().
  if (thread.state == State::asleep) {
    thread.state = State::awake;
  }
  return std::nullopt;
}

std::optional<WakeJoiner::Found> WakeJoiner::back(const Where& where, const Thread& thread) {
  Known& known = this->known(thread.tid.value_or(0));
  if (known.state != State::unknown) {
    return std::nullopt;
  }
  return woken(Wakee::vcpu, known, where.cpu);
}

std::optional<WakeJoiner::Found> WakeJoiner::woken(Wakee sort, Known& thread, std::uint32_t cpu) {
  const bool seen = thread.state == State::asleep;
  const std::uint64_t since = seen ? thread.since : 0;
  const std::uint32_t before = seen ? thread.cpu : cpu;
  thread.state = State::awake;
  thread.cpu = cpu;
  const auto may_be = [&](const Open& open) { return open.wakee == sort && open.line >= since; };
  const auto first = std::find_if(open_.begin(), open_.end(), may_be);
  if (first == open_.end()) {
    return std::nullopt;
  }
  const Found found{first->number, before};
  const bool several = std::any_of(std::next(first), open_.end(), may_be);
  // One of several is its own, and which are left for others is not known either.
  std::erase_if(open_, may_be);
  return several ? std::nullopt : std::optional(found);
}

bool WakeJoiner::is_sleeping_vcpu(const Thread& thread) const {
  const auto found = threads_.find(thread.tid.value_or(0));
  return found != threads_.end() && found->second.vcpu && found->second.state == State::asleep;
}

void WakeJoiner::forget() {
  open_.clear();
  threads_.clear();
}

}  // namespace wakepath::foreign::graph
