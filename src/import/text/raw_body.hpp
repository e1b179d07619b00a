// SPDX-License-Identifier: GPL-2.0-or-later
// The text of an event that has its fields by name: "reason=6 errno=0" of trace-cmd report -R and
// -r, "[FAILED TO PARSE] ..." of trace-cmd and perf where they can't read the event's format,
// "irq=0xd (13)" of ftrace's option fields.
#pragma once

#include <string_view>

#include "import/text/event_body.hpp"

namespace wakepath::foreign::text {

// The kind of `event` is known, nothing else of it.
Body raw_body(std::string_view text, TraceEvent& event);

}  // namespace wakepath::foreign::text
