// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/first_names.hpp"

#include <string>

#include "import/event_kinds.hpp"

namespace wakepath::foreign {

std::optional<ThreadFact> FirstNames::look(const TraceEvent& event) {
  switch (event.kind) {
    case WP_EVENT_SWITCH:
      if (named_.size() < kMostThreads) {
        named_.insert(event.payload.sched_switch.next_tid);
      }
      return std::nullopt;
    case WP_EVENT_TASK_EXIT:
      named_.erase(event.payload.task_exit.tid);
      return std::nullopt;
    case WP_EVENT_WAKING:
    case WP_EVENT_WAKEUP:
    case WP_EVENT_SIGNAL:
    case WP_EVENT_WORK_QUEUE:
    case WP_EVENT_KTHREAD_WORK_QUEUE:
      break;
    default:
      return std::nullopt;
  }
  if (event.tid == 0 || event.comm.empty() || event.comm == "<...>" ||
      named_.size() >= kMostThreads || !named_.insert(event.tid).second) {
    return std::nullopt;
  }
  return ThreadFact{event.tid, std::string(event.comm.substr(0, WP_COMM_BYTES - 1))};
}

}  // namespace wakepath::foreign
