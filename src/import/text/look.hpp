// SPDX-License-Identifier: GPL-2.0-or-later
// What the first bytes of a file say: whether it is trace text, and of what host and tool.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "import/trace_event.hpp"

namespace wakepath::foreign::text {

// How much of a file is worth looking at: perf script --header goes before with tens of kilobytes.
inline constexpr std::size_t kLookBytes = std::size_t{256} * 1024;

enum class TextKind : std::uint8_t {
  ftrace,      // `trace`, `trace_pipe`
  trace_cmd,   // trace-cmd report
  perf,        // perf script
  ftrace_raw,  // ftrace with the option raw: numbers alone
};

// nullopt: not trace text of events; function_graph text is another reader's.
std::optional<TextKind> look_for_text_trace(std::string_view first_bytes);

// Of text of perf script that does not say whose events they are: the fields that it lacks, "comm,
// tid, cpu"; empty: it is no such text.
std::string missing_fields(std::string_view first_bytes);

// What the first bytes tell of the whole. `kind` is what look_for_text_trace says.
TraceInfo describe(TextKind kind, std::string_view first_bytes);

// "106 1 3408149792 type: 101", as the option raw prints.
bool is_raw_line(std::string_view line);

// The option's lines after an event ("=> function"), and perf's ("\tffff... function").
bool is_stack_line(std::string_view line);

}  // namespace wakepath::foreign::text
