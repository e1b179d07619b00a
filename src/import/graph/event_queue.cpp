// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/event_queue.hpp"

#include <utility>

namespace wakepath::foreign::graph {

namespace {

// A trace of functions has an event in some ten lines: long enough to see whether it has
// tracepoints, and which thread runs. In memory, some 20 MB.
constexpr std::size_t kHeld = 65'536;

// Events that are joined with each other come from one hand: a tracepoint has addresses.
wp_event_kind family(wp_event_kind kind) {
  switch (kind) {
    case WP_EVENT_IRQ_EXIT:
      return WP_EVENT_IRQ_ENTRY;
    case WP_EVENT_VECTOR_EXIT:
      return WP_EVENT_VECTOR_ENTRY;
    case WP_EVENT_IPI_EXIT:
      return WP_EVENT_IPI_ENTRY;
    case WP_EVENT_HRTIMER_EXPIRE_EXIT:
      return WP_EVENT_HRTIMER_EXPIRE_ENTRY;
    case WP_EVENT_SOFTIRQ_EXIT:
      return WP_EVENT_SOFTIRQ_ENTRY;
    case WP_EVENT_WORK_START:
    case WP_EVENT_WORK_END:
      return WP_EVENT_WORK_QUEUE;
    default:
      return kind;
  }
}

}  // namespace

std::uint64_t EventQueue::push(Held held) {
  held_.push_back(std::move(held));
  return gone_ + held_.size() - 1;
}

EventQueue::Held* EventQueue::find(std::uint64_t number) {
  return number < gone_ || number - gone_ >= held_.size() ? nullptr : &held_[number - gone_];
}

void EventQueue::drop(std::uint64_t number) {
  if (Held* held = find(number)) {
    held->dropped = true;
  }
}

void EventQueue::has_tracepoint(wp_event_kind kind) {
  tracepoint_.at(static_cast<std::size_t>(family(kind))) = true;
}

void EventQueue::task(std::uint32_t cpu, std::string_view comm, std::uint32_t tid) {
  first_tasks_[cpu] = Task{tid, std::string(comm)};
}

Result<void> EventQueue::hand_on(Held& held, TraceSink& sink) {
  if (held.loss) {
    return sink.lost(*held.loss);
  }
  TraceEvent& event = held.event;
  if (held.derived && tracepoint_.at(static_cast<std::size_t>(family(event.kind)))) {
    return {};
  }
  if (held.waits && event.kind == WP_EVENT_WAKING) {
    ++wakings_;
    return {};
  }
  if (!held.task_known) {
    const auto found = first_tasks_.find(event.cpu);
    if (found == first_tasks_.end()) {
      ++tasks_;
      return {};
    }
    event.tid = found->second.tid;
    held.comm = found->second.comm;
  }
  if (held.derived && (event.kind == WP_EVENT_IRQ_ENTRY || event.kind == WP_EVENT_IRQ_EXIT)) {
    event.payload.irq.irq = WP_IRQ_UNKNOWN;
  } else if (held.derived && event.kind == WP_EVENT_SWITCH) {
    event.payload.sched_switch.next_prio = WP_PRIO_UNKNOWN;
  }
  event.comm = held.comm;
  event.name = held.name;
  event.other_comm = held.other_comm;
  return sink.event(event);
}

bool EventQueue::full() const { return held_.size() > kHeld; }

Result<void> EventQueue::release(TraceSink& sink, bool all) {
  while (!held_.empty() && (all || held_.size() > kHeld)) {
    if (!held_.front().dropped) {
      if (Result<void> done = hand_on(held_.front(), sink); !done) {
        return done;
      }
    }
    held_.pop_front();
    ++gone_;
  }
  return {};
}

}  // namespace wakepath::foreign::graph
