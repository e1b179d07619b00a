// SPDX-License-Identifier: GPL-2.0-or-later
// What the tools that record foreign traces call what a trace lacks. Whoever gave us a trace uses
// one of them, not wakepath: advice names its options.
#pragma once

#include <string>
#include <string_view>

namespace wakepath {

// Each takes what TraceOrigin::form says: "trace-cmd report text", "perf.data", "ftrace text", ...

// "record with -e kvm:kvm_entry"; an empty `event` is the whole system.
std::string record_event(std::string_view form, std::string_view system, std::string_view event);

// What makes its buffers larger: "trace-cmd record -b 65536 (kB per CPU)".
std::string larger_buffers(std::string_view form);

}  // namespace wakepath
