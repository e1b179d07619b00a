// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/events.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "import/text/event_body.hpp"

namespace wakepath::foreign::graph {

namespace {

constexpr std::uint32_t kLocalTimerVector = 0xec;  // arch/x86/include/asm/irq_vectors.h
constexpr std::uint32_t kAsleep = 1;

const Frame* parent(const Thread& thread) {
  return thread.stack.size() < 2 ? nullptr : &thread.stack[thread.stack.size() - 2];
}

std::uint32_t ipi_reason(std::string_view body) {
  if (body == "scheduler_ipi") {
    return WP_IPI_RESCHEDULE;
  }
  if (body == "irq_work_run") {
    return WP_IPI_IRQ_WORK;
  }
  return body == "tick_receive_broadcast" ? WP_IPI_TIMER_BROADCAST : WP_IPI_CALL_FUNCTION;
}

}  // namespace

std::uint8_t GraphEvents::context(std::uint32_t cpu, const Thread& thread) const {
  std::uint8_t context = 0;
  for (const Frame& frame : thread.stack) {
    if (frame.role == Role::softirqs) {
      context = WP_CONTEXT_SOFTIRQ;  // irq_exit() has left the interrupt before it calls them
    } else if (is_interrupt(frame.role)) {
      context |= WP_CONTEXT_HARDIRQ;
    }
  }
  const auto known = cpus_.find(cpu);
  if (context != 0 || (known != cpus_.end() && known->second.in_task)) {
    context |= WP_CONTEXT_KNOWN;
  }
  return context;
}

EventQueue::Held GraphEvents::held(const Where& where, const Thread& thread,
                                   wp_event_kind kind) const {
  EventQueue::Held held;
  held.event.time_ns = where.time_ns;
  held.event.cpu = where.cpu;
  held.event.tid = thread.tid.value_or(0);
  held.event.kind = kind;
  held.event.context = context(where.cpu, thread);
  held.comm = thread.comm;
  held.task_known = thread.tid.has_value();
  held.derived = true;
  return held;
}

std::uint64_t GraphEvents::push(const Where& where, const Thread& thread, wp_event_kind kind) {
  return queue_.push(held(where, thread, kind));
}

// The next call in an interrupt says whose it is.
void GraphEvents::name_waiting(Cpu& cpu, const Frame& call) {
  EventQueue::Held* waits = queue_.find(cpu.waits);
  if (waits == nullptr) {
    cpu.waits = kNone;
    return;
  }
  const std::string_view name = base_name(call.name);
  if (waits->event.kind == WP_EVENT_IPI_ENTRY) {
    if (call.role != Role::ipi_body) {
      return;
    }
    waits->event.payload.ipi.reason = ipi_reason(name);
  } else if (call.role == Role::irq_handler || call.role == Role::irq_plumbing ||
             is_plumbing(name)) {
    return;
  } else if (call.role == Role::timer_interrupt) {
    waits->name = "arch_timer";
  } else if (name == "ipi_handler" || name == "do_handle_IPI" || name == "handle_IPI") {
    waits->name = "IPI";
  } else {
    waits->name = name;  // of the handler: the action's is not told
  }
  waits->waits = false;
  cpu.waits = kNone;
}

void GraphEvents::enter_handler(const Where& where, Thread& thread) {
  Frame& call = thread.stack.back();
  const bool nested = std::any_of(
      thread.stack.rbegin() + 1, thread.stack.rend(),
      [&](const Frame& frame) { return frame.role == call.role && frame.depth + 1 >= call.depth; });
  if (nested) {
    return;
  }
  wp_event_kind kind = WP_EVENT_IRQ_ENTRY;
  if (call.role == Role::vector) {
    kind = WP_EVENT_VECTOR_ENTRY;
  } else if (call.role == Role::ipi) {
    kind = WP_EVENT_IPI_ENTRY;
  }
  EventQueue::Held event = held(where, thread, kind);
  if (kind == WP_EVENT_VECTOR_ENTRY) {
    event.event.payload.vector.vector = kLocalTimerVector;
  }
  const std::uint64_t number = queue_.push(std::move(event));
  call.tag = number + 1;
  if (kind != WP_EVENT_VECTOR_ENTRY) {
    cpus_[where.cpu].waits = number;
  }
}

void GraphEvents::enter_wake(const Where& where, Thread& thread) {
  const std::optional<Wakee> wakee = WakeJoiner::whom(thread);
  if (!wakee) {
    return;
  }
  EventQueue::Held event = held(where, thread, WP_EVENT_WAKING);
  event.waits = true;
  const std::uint64_t number = queue_.push(std::move(event));
  thread.stack.back().tag = number + 1;
  wakes_.waking(*wakee, number, where.line);
}

// What a call is may be said by its caller.
void GraphEvents::enter_child(const Where& where, Thread& thread) {
  Frame& call = thread.stack.back();
  const Frame* caller = parent(thread);
  const std::string_view name = base_name(call.name);
  if (caller == nullptr || is_plumbing(name)) {
    return;
  }
  if (caller->role == Role::run_hrtimers && call.role != Role::run_hrtimers &&
      call.role != Role::hrtimer_plumbing) {
    EventQueue::Held event = held(where, thread, WP_EVENT_HRTIMER_EXPIRE_ENTRY);
    event.name = name;
    call.tag = queue_.push(std::move(event)) + 1;
  } else if (caller->role == Role::softirqs && call.role == Role::softirq) {
    EventQueue::Held event = held(where, thread, WP_EVENT_SOFTIRQ_ENTRY);
    event.event.payload.softirq.vector = softirq_vector(name);
    call.tag = queue_.push(std::move(event)) + 1;
  } else if (caller->role == Role::run_work && caller->tag == 0 &&
             call.role != Role::work_plumbing) {
    EventQueue::Held event = held(where, thread, WP_EVENT_WORK_START);
    event.event.payload.work.work = works_.started(where.cpu, name).value_or(++last_work_);
    event.name = name;
    call.tag = event.event.payload.work.work;
    thread.stack[thread.stack.size() - 2].tag = call.tag;  // it calls no other
    queue_.push(std::move(event));
  }
}

void GraphEvents::enter(const Where& where, Thread& thread) {
  Frame& call = thread.stack.back();
  Cpu& cpu = cpus_[where.cpu];
  if (const Frame* caller = parent(thread);
      cpu.waits != kNone && caller != nullptr && is_interrupt(caller->role)) {
    name_waiting(cpu, call);
  }
  enter_child(where, thread);
  if (arch_.empty()) {
    arch_ = arch_of(call.name);
  }
  switch (call.role) {
    case Role::irq_handler:
    case Role::vector:
    case Role::ipi:
      enter_handler(where, thread);
      break;
    case Role::queue_work: {
      EventQueue::Held event = held(where, thread, WP_EVENT_WORK_QUEUE);
      call.tag = event.event.payload.work.work = ++last_work_;
      event.event.payload.work.cpu = WP_CPU_ANY;
      queue_.push(std::move(event));
      break;
    }
    case Role::wake:
      enter_wake(where, thread);
      break;
    default:
      enter_kvm(where, thread);
      break;
  }
}

void GraphEvents::leave(const Where& where, Thread& thread, std::optional<std::uint64_t>) {
  Frame& call = thread.stack.back();
  const Frame* caller = parent(thread);
  switch (call.role) {
    case Role::irq_handler:
    case Role::vector:
    case Role::ipi:
      if (call.tag != 0 || !call.seen) {
        EventQueue::Held event = held(where, thread, WP_EVENT_IRQ_EXIT);
        if (call.role != Role::irq_handler) {
          event.event.kind = call.role == Role::ipi ? WP_EVENT_IPI_EXIT : WP_EVENT_VECTOR_EXIT;
        }
        if (const EventQueue::Held* entry = queue_.find(call.tag - 1)) {
          event.event.payload = entry->event.payload;
          event.name = entry->name;
        }
        cpus_[where.cpu].waits = kNone;
        queue_.push(std::move(event));
      }
      return;
    case Role::queue_work:
      works_.queued(where.cpu, call.tag, innermost_context(thread.stack), call.activated);
      return;
    case Role::wake:
      if (call.tag != 0 && !call.activated) {
        queue_.drop(call.tag - 1);
        wakes_.none(call.tag - 1);
      }
      if (call.activated) {
        for (auto outer = thread.stack.rbegin() + 1; outer != thread.stack.rend(); ++outer) {
          if (outer->role == Role::queue_work) {
            outer->activated = true;
            break;
          }
        }
      }
      return;
    case Role::idle:
      // The innermost is the first to be left; a guess at its state would be one.
      if (call.tag == 0) {
        EventQueue::Held event = held(where, thread, WP_EVENT_CPU_IDLE);
        event.event.payload.cpu_idle.state = WP_IDLE_EXIT;
        queue_.push(std::move(event));
      }
      if (caller != nullptr && caller->role == Role::idle) {
        thread.stack[thread.stack.size() - 2].tag = 1;
      }
      return;
    default:
      break;
  }
  if (caller != nullptr && call.tag != 0) {
    wp_event_kind kind = WP_EVENT_NONE;
    if (caller->role == Role::run_hrtimers) {
      kind = WP_EVENT_HRTIMER_EXPIRE_EXIT;
    } else if (caller->role == Role::softirqs) {
      kind = WP_EVENT_SOFTIRQ_EXIT;
    } else if (caller->role == Role::run_work) {
      kind = WP_EVENT_WORK_END;
    }
    if (kind != WP_EVENT_NONE) {
      EventQueue::Held event = held(where, thread, kind);
      event.name = base_name(call.name);
      if (kind == WP_EVENT_SOFTIRQ_EXIT) {
        event.event.payload.softirq.vector = softirq_vector(base_name(call.name));
      } else if (kind == WP_EVENT_WORK_END) {
        event.event.payload.work.work = call.tag;
      }
      queue_.push(std::move(event));
      return;
    }
  }
  leave_kvm(where, thread);
}

void GraphEvents::drop(const Where& where, Thread& thread) {
  const Frame& call = thread.stack.back();
  if (call.role == Role::wake && call.tag != 0 && !call.activated) {
    queue_.drop(call.tag - 1);
    wakes_.none(call.tag - 1);
  }
  if (is_interrupt(call.role)) {
    cpus_[where.cpu].waits = kNone;
  }
}

void GraphEvents::comment(const Where& where, Thread& thread, std::string_view text) {
  const std::size_t colon = text.find(": ");
  if (colon == std::string_view::npos) {
    return;
  }
  EventQueue::Held event = held(where, thread, WP_EVENT_NONE);
  event.derived = false;
  // The text has whole names, the columns have them cut.
  switch (text::parse_body(text.substr(0, colon), text.substr(colon + 2), event.event)) {
    case text::Body::event:
      break;
    case text::Body::unused:
      return;
    case text::Body::unreadable:
      if (unreadable_++ == 0) {
        unreadable_line_ = where.line;
      }
      return;
  }
  if (!event.event.comm.empty()) {
    event.comm = event.event.comm;
  }
  event.name = event.event.name;
  event.other_comm = event.event.other_comm;
  queue_.has_tracepoint(event.event.kind);
  queue_.push(std::move(event));
}

std::vector<std::string> GraphEvents::problems() const {
  if (unreadable_ == 0) {
    return {};
  }
  return {fmt::format("line {}: this event can't be read{}", unreadable_line_,
                      unreadable_ == 1 ? "" : fmt::format(", and {} more", unreadable_ - 1))};
}

void GraphEvents::woken(const std::optional<WakeJoiner::Found>& found, const Thread& thread) {
  EventQueue::Held* waking = found ? queue_.find(found->waking) : nullptr;
  if (waking != nullptr) {
    waking->waits = false;
    waking->event.payload.wake.tid = thread.tid.value_or(0);
    waking->event.payload.wake.cpu = found->cpu;
    waking->other_comm = thread.comm;
  }
}

void GraphEvents::switched(const Where& where, Thread& before, Thread& next, bool sleeps) {
  Cpu& cpu = cpus_[where.cpu];
  cpu.in_task = true;
  cpu.waits = kNone;
  EventQueue::Held event = held(where, before, WP_EVENT_SWITCH);
  wp_switch& to = event.event.payload.sched_switch;
  to.next_tid = next.tid.value_or(0);
  to.prev_state = sleeps ? kAsleep : 0;
  next.comm.copy(to.next_comm, sizeof to.next_comm - 1);
  event.other_comm = next.comm;
  queue_.push(std::move(event));
  if (next.tid.value_or(0) != 0 && !wakes_.knows(*next.tid) && vcpus_.size() < kVcpuThreads) {
    vcpus_[*next.tid].came_back = true;
  }
  woken(wakes_.switched(where, before, next, sleeps), next);
}

void GraphEvents::named(std::uint32_t cpu, Thread& thread) {
  queue_.task(cpu, thread.comm, thread.tid.value_or(0));
}

void GraphEvents::lost(const TraceLoss& loss) {
  EventQueue::Held held;
  held.loss = loss;
  queue_.push(std::move(held));
  wakes_.forget();
  if (loss.cpu) {
    works_.forget(*loss.cpu);
    cpus_.erase(*loss.cpu);
  }
}

}  // namespace wakepath::foreign::graph
