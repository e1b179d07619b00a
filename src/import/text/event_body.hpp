// SPDX-License-Identifier: GPL-2.0-or-later
// What a line of trace text tells after "name: ", as the kernel (TP_printk of the tracepoint, 4.14
// to 7.3), trace-cmd's plugins and perf print it.
#pragma once

#include <cstdint>
#include <string_view>

#include "import/trace_event.hpp"

namespace wakepath::foreign::text {

enum class Body : std::uint8_t {
  event,       // kind, payload and names are filled in
  unused,      // of no kind that wakepath uses, or without what it would use
  unreadable,  // of such a kind, and not written as any kernel writes it
};

// `name` without its group ("sched_switch"). Fills in kind, payload, name, other_comm, now_ns, x86
// and, where the text tells it and the line's head did not, comm; time, CPU, thread and context are
// the head's. What is filled in refers to `text`. After `unreadable` the event is void.
Body parse_body(std::string_view name, std::string_view text, TraceEvent& event);

}  // namespace wakepath::foreign::text
