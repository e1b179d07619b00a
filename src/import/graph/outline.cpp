// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/outline.hpp"

#include <algorithm>
#include <utility>

namespace wakepath::foreign::graph {

namespace {

constexpr std::size_t kThreadsKept = 4096;
constexpr std::size_t kFunctionsShown = 5;

// What lasts from one switch of its task to another: no step lies "in" it.
bool spans_switches(Role role) {
  return role == Role::schedule || role == Role::kvm_block || role == Role::kvm_exit ||
         role == Role::kvm_exit_reason || role == Role::kvm_ioctl || role == Role::idle;
}

bool has_outer(const Thread& thread, Role role) {
  return std::any_of(thread.stack.begin(), thread.stack.end() - 1,
                     [&](const Frame& frame) { return frame.role == role; });
}

// What the last call of the stack is a step of; nullopt: of none.
std::optional<OutlineKind> kind_of(const Thread& thread) {
  const Frame& call = thread.stack.back();
  const Role role = call.role;
  const Role caller =
      thread.stack.size() < 2 ? Role::other : thread.stack[thread.stack.size() - 2].role;
  const bool plumbing = is_plumbing(base_name(call.name));
  if (caller == Role::irq_handler && !plumbing && role != Role::irq_plumbing &&
      role != Role::irq_handler) {
    return OutlineKind::handler;
  }
  if (caller == Role::run_hrtimers && !plumbing && role != Role::run_hrtimers &&
      role != Role::hrtimer_plumbing) {
    return OutlineKind::timer_callback;
  }
  const auto outermost = [&](OutlineKind kind) {
    return has_outer(thread, role) ? std::nullopt : std::optional(kind);
  };
  switch (role) {
    case Role::interrupt:
    case Role::vector:
    case Role::ipi:
      return OutlineKind::interrupt;
    case Role::softirqs:
    case Role::softirq:
      return OutlineKind::softirq;
    case Role::queue_work:
      return OutlineKind::work_queued;
    case Role::wake:
      return OutlineKind::woken;
    case Role::idle:
      return outermost(OutlineKind::idle);
    case Role::idle_exit:
      return outermost(OutlineKind::idle_exit);
    case Role::schedule:
      return caller == Role::schedule ? std::nullopt : std::optional(OutlineKind::scheduling);
    case Role::run_work:
      return OutlineKind::work;
    case Role::kvm_load:
      return OutlineKind::vcpu_loaded;
    case Role::kvm_block:
      return outermost(OutlineKind::blocks);
    case Role::kvm_unblock:
      return OutlineKind::unblocked;
    case Role::kvm_flush:
      return OutlineKind::flushed;
    case Role::kvm_inject:
      return OutlineKind::injected;
    case Role::kvm_setup:
      return OutlineKind::guest_entry;
    case Role::kvm_run:
      return outermost(OutlineKind::guest_run);
    case Role::kvm_clear:
      return OutlineKind::guest_exit;
    case Role::kvm_exit:
    case Role::kvm_exit_reason:
      return OutlineKind::exit_handled;
    default:
      return std::nullopt;
  }
}

}  // namespace

GraphOutline::Step* GraphOutline::find(std::uint64_t number) {
  return number < gone_ || number > last() ? nullptr : &steps_[number - gone_];
}

GraphOutline::Step& GraphOutline::add(const Where& where, const Thread& thread, OutlineKind kind) {
  Step step;
  step.step.kind = kind;
  step.step.line = where.line;
  step.step.cpu = where.cpu;
  step.step.task = thread.comm;
  step.step.tid = thread.tid;
  if (where.timed) {
    step.step.at_ns = where.time_ns;
  }
  trim();
  step.end = last() + 2;  // a moment, if it is no call
  steps_.push_back(std::move(step));
  return steps_.back();
}

void GraphOutline::add_call(const Where& where, Thread& thread, OutlineKind kind) {
  Step& step = add(where, thread, kind);
  std::vector<Frame>& stack = thread.stack;
  const auto interrupt = std::find_if(stack.begin(), stack.end(), [](const Frame& frame) {
    return is_interrupt(frame.role) || frame.role == Role::softirqs;
  });
  step.in_interrupt = interrupt != stack.end();
  const auto begin = step.in_interrupt ? interrupt : stack.begin();
  bool path_ended = false;
  std::vector<std::string>& functions = step.step.functions;
  functions.emplace_back(stack.back().name);
  for (auto outer = stack.rbegin() + 1; outer != stack.rend() && outer.base() != begin; ++outer) {
    path_ended = path_ended || outer->tag != 0 || spans_switches(outer->role) ||
                 functions.size() == kFunctionsShown;
    if (!path_ended) {
      functions.insert(functions.begin(), std::string(outer->name));
    }
    if (outer->tag != 0 && !spans_switches(outer->role)) {
      ++step.step.level;
    }
  }
  // A task's calls may have begun before the trace: what called them is no part of a step.
  if (!step.in_interrupt && step.step.level == 0 && kind != OutlineKind::work_queued &&
      kind != OutlineKind::woken) {
    functions.assign(1, std::string(stack.back().name));
  }
  step.end = UINT64_MAX;
  stack.back().tag = last();
}

GraphOutline::Origin GraphOutline::origin_here(const Where& where, const Thread& thread) const {
  for (const Frame& frame : thread.stack) {
    if ((is_interrupt(frame.role) || frame.role == Role::softirqs) && frame.tag != 0) {
      return Origin{frame.tag, where.cpu, std::nullopt};
    }
  }
  const auto run = runs_.find(thread.tid.value_or(0));
  if (run != runs_.end()) {
    return run->second;
  }
  return Origin{last(), where.cpu, std::nullopt};
}

void GraphOutline::enter_wake(const Where& where, Thread& thread) {
  const std::optional<Wakee> wakee = WakeJoiner::whom(thread);
  if (!wakee) {
    return;
  }
  wakes_.waking(*wakee, thread.stack.back().tag, where.line);
  if (*wakee == Wakee::vcpu && wakings_.size() < kOpenWakes) {
    wakings_.emplace(thread.stack.back().tag, origin_here(where, thread));
  }
}

void GraphOutline::enter_work(const Where& where, Thread& thread) {
  Frame& run = thread.stack[thread.stack.size() - 2];
  const Frame& call = thread.stack.back();
  if (call.tag != 0 || call.role == Role::work_plumbing || is_plumbing(base_name(call.name)) ||
      run.activated) {
    return;
  }
  run.activated = true;  // it calls no other
  Origin origin{run.tag != 0 ? run.tag : last() + 1, where.cpu, thread.tid};
  if (const auto id = works_.started(where.cpu, call.name)) {
    const auto queued = std::find_if(queued_.begin(), queued_.end(),
                                     [&](const Queued& entry) { return entry.id == *id; });
    if (queued != queued_.end()) {
      origin = queued->origin;
      origin.worker = thread.tid;
      queued_.erase(queued);
    }
  }
  if (runs_.size() >= kThreadsKept) {
    runs_.clear();
  }
  runs_[thread.tid.value_or(0)] = origin;
  add_call(where, thread, OutlineKind::work_run);
}

void GraphOutline::enter(const Where& where, Thread& thread) {
  const Role role = thread.stack.back().role;
  if (const auto kind = kind_of(thread)) {
    if (role == Role::kvm_setup || role == Role::kvm_run) {
      entering_[thread.tid.value_or(0)] = role == Role::kvm_setup;
    } else if (role == Role::kvm_clear && std::exchange(entering_[thread.tid.value_or(0)], false)) {
      add(where, thread, OutlineKind::guest_run).step.at_ns.reset();
    }
    if (entering_.size() > kThreadsKept) {
      entering_.clear();
    }
    add_call(where, thread, *kind);
  }
  if (thread.stack.size() > 1 && thread.stack[thread.stack.size() - 2].role == Role::run_work) {
    enter_work(where, thread);
  }
  if (role == Role::wake) {
    enter_wake(where, thread);
  }
  if (role >= Role::kvm_load && !thread.stack.empty() &&
      innermost_context(thread.stack).data() == thread.stack.data()) {
    wakes_.is_vcpu(thread);
  }
  if (role == Role::wake_vcpu) {
    // vgic_queue_irq_unlock() kicks the vCPU if the interrupt has become pending.
    for (auto outer = thread.stack.rbegin() + 1; outer != thread.stack.rend(); ++outer) {
      outer->activated = outer->activated || outer->role == Role::kvm_inject;
    }
  }
  if (role == Role::kvm_unblock) {
    found(wakes_.back(where, thread), where, thread);
  }
  if (role == Role::idle) {
    for (Open& open : open_) {
      if (open.to_idle && open.cpu == where.cpu && open.end == 0) {
        open.end = last();
      }
    }
  }
}

void GraphOutline::leave_step(const Where& where, Thread& thread,
                              std::optional<std::uint64_t> duration) {
  const Frame& call = thread.stack.back();
  const std::uint64_t number = call.tag;
  Step* step = find(number);
  if (step != nullptr) {
    // With a switch in it, it is said where it ends.
    if (!call.switched || !spans_switches(call.role)) {
      step->step.duration_ns = duration;
    }
    step->end = last() + 1;
    if (call.role == Role::kvm_inject && !call.activated) {
      step->step.kind = OutlineKind::line_set;
    }
    if (call.role == Role::schedule && !call.switched) {
      step->dropped = true;
    }
  }
  std::optional<OutlineKind> end;
  if (call.role == Role::idle && (number != 0 || !call.seen)) {
    end = OutlineKind::idle_end;
  } else if (call.role == Role::schedule && (call.switched || !call.seen)) {
    end = OutlineKind::back;
  } else if (call.role == Role::kvm_block && (number != 0 || !call.seen)) {
    end = OutlineKind::blocks_end;
  } else if (call.role == Role::kvm_ioctl) {
    end = OutlineKind::to_user;
  }
  if (!end) {
    return;
  }
  Step& after = add(where, thread, *end);
  after.step.duration_ns = duration;
  after.step.functions.emplace_back(call.name);
  if (*end == OutlineKind::idle_end) {
    complete_done();
  }
}

void GraphOutline::leave(const Where& where, Thread& thread,
                         std::optional<std::uint64_t> duration) {
  const Frame call = thread.stack.back();
  leave_step(where, thread, duration);
  if (call.role == Role::wake) {
    if (!call.activated) {
      drop(where, thread);
      return;
    }
    for (auto outer = thread.stack.rbegin() + 1; outer != thread.stack.rend(); ++outer) {
      if (outer->role == Role::queue_work) {
        outer->activated = true;
        break;
      }
    }
  } else if (call.role == Role::queue_work && call.seen) {
    works_.queued(where.cpu, call.tag, innermost_context(thread.stack), call.activated);
    queued_.push_back(Queued{call.tag, origin_here(where, thread)});
    if (queued_.size() > kOpenWakes) {
      queued_.pop_front();
    }
  } else if (call.role == Role::run_work) {
    runs_.erase(thread.tid.value_or(0));
  } else if (call.role == Role::kvm_block) {
    found(wakes_.back(where, thread), where, thread);
  }
}

void GraphOutline::drop(const Where& /*where*/, Thread& thread) {
  const Frame& call = thread.stack.back();
  Step* step = find(call.tag);
  if (step != nullptr) {
    step->end = std::min(step->end, last() + 1);
  }
  if (call.role == Role::wake && !call.activated) {
    if (step != nullptr) {
      step->dropped = true;
    }
    wakings_.erase(call.tag);
    wakes_.none(call.tag);
  }
}

void GraphOutline::comment(const Where& /*where*/, Thread& /*thread*/, std::string_view /*text*/) {}

}  // namespace wakepath::foreign::graph
