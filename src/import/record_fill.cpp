// SPDX-License-Identifier: GPL-2.0-or-later
// RecordMaker: an event as it comes becomes one of the stream, with numbers for its names.
#include <algorithm>
#include <iterator>
#include <utility>

#include "import/event_kinds.hpp"
#include "import/record_maker.hpp"

namespace wakepath::foreign {

namespace {

constexpr std::size_t kMostIrqs = 65536;

void copy_comm(std::string_view comm, char (&out)[WP_COMM_BYTES]) {
  comm = comm.substr(0, WP_COMM_BYTES - 1);
  std::ranges::copy(comm, std::begin(out));
}

}  // namespace

void RecordMaker::fill_in(const TraceEvent& from, Held& held) {
  Event& event = held.event;
  event.time_ns = from.time_ns;
  event.cpu = from.cpu;
  event.tid = from.tid;
  event.kind = from.kind;
  event.context = from.context;
  event.payload = from.payload;
  held.tgid = from.tgid;
  held.x86 = from.x86;
  held.vcpu = from.vcpu;
  held.now_ns = from.now_ns;
  held.guest_pc = from.guest_pc;
  held.open_ns = from.open_ns;
  held.was_armed = from.was_armed;
  held.cancelled = from.cancelled;
  if (from.cancelled != 0) {
    return;
  }
  if (auto name = first_names_.look(from)) {
    facts_.emplace_back(*std::move(name));
  }
  Cpu& on = cpu(from.cpu);
  held.lost_before = std::exchange(on.lost_before_next, 0);
  if (!std::exchange(on.seen, true) && info_.overwritten != 0) {
    held.lost_before = std::max<std::uint64_t>(held.lost_before, 1);
  }
  switch (from.kind) {
    case WP_EVENT_IRQ_ENTRY:
      event.payload.irq.action = names_.action(from.payload.irq.irq, from.name);
      if (on.actions.size() < kMostIrqs || on.actions.contains(from.payload.irq.irq)) {
        on.actions[from.payload.irq.irq] = event.payload.irq.action;
      }
      break;
    case WP_EVENT_IRQ_EXIT:
      // It does not tell the action: those of one line run one after the other.
      if (const auto entered = on.actions.find(from.payload.irq.irq); entered != on.actions.end()) {
        event.payload.irq.action = entered->second;
      }
      break;
    case WP_EVENT_HRTIMER_START:
      event.payload.hrtimer_start.function =
          names_.function(from.name, from.payload.hrtimer_start.function);
      break;
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
      event.payload.hrtimer.function = names_.function(from.name, from.payload.hrtimer.function);
      break;
    case WP_EVENT_SWITCH:
      copy_comm(from.other_comm, event.payload.sched_switch.next_comm);
      held.named_tid = from.payload.sched_switch.next_tid;
      held.name = guess_.name_of(from.other_comm);
      break;
    case WP_EVENT_WAKING:
    case WP_EVENT_WAKEUP:
      held.named_tid = from.payload.wake.tid;
      held.name = guess_.name_of(from.other_comm);
      break;
    default:
      if (is_work(from.kind)) {
        event.payload.work.function = names_.function(from.name, from.payload.work.function);
      } else if (is_kvm(from.kind)) {
        held.named_tid = from.tid;
        held.name = guess_.name_of(from.comm);
      }
      break;
  }
}

}  // namespace wakepath::foreign
