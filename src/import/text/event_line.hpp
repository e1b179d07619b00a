// SPDX-License-Identifier: GPL-2.0-or-later
// A line of trace text that tells an event: who ran where and when, then "name: body".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wakepath::foreign::text {

enum class Form : std::uint8_t {
  ftrace,   // `trace`, `trace_pipe`, trace-cmd report: COMM-PID [CPU] FLAGS TIME: NAME: BODY
  latency,  // with the option latency-format, trace-cmd report -l: COMM-PID CPUFLAGS TIME: ...
  perf,     // perf script: COMM PID [CPU] TIME: GROUP:NAME: BODY
};

// In place of its number, which perf does not know any more when a thread runs to its last switch.
inline constexpr std::uint32_t kEndedThread = 0xffffffff;

struct EventLine {
  std::uint64_t time_ns{};
  std::uint32_t resolution_ns{};  // of the time: 1000 where it is in microseconds; 0: a mere number
  std::uint32_t cpu{};
  std::uint32_t tid{};     // or kEndedThread
  std::uint32_t tgid{};    // 0: not told
  std::uint8_t context{};  // WP_CONTEXT_*; 0: not told
  bool interruptible{};    // interrupts are taken; false: not told, too
  std::string_view comm;   // empty: not told, or idle
  std::string_view name;   // without its group; empty: no event, but a function, a stack, a mark
  std::string_view body;
};

// Where the name of the thread ends in a line that tells an event, whatever stands before the name.
struct NameEnd {
  Form form{Form::ftrace};
  std::size_t at{};
};
std::optional<NameEnd> find_name_end(std::string_view line);

// To how many columns a form aligns names, at the right.
std::size_t name_width(Form form);

// False: the line tells no event in this form. What is filled in refers to `line`.
bool parse_event_line(Form form, std::string_view line, EventLine& out);

}  // namespace wakepath::foreign::text
