// SPDX-License-Identifier: GPL-2.0-or-later
// One line of function_graph text, as kernel/trace/trace_functions_graph.c prints it (4.14 to 7.2):
//
//     7.933387 |   1)    <idle>-0    | d.h1. | + 14.384 us   |      func() {
//     TIME         CPU   TASK/PID      flags   DURATION             FUNCTION CALLS
//
// Any column may be off. Which are there is seen from the line alone: pieces of a trace are read
// too.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wakepath::foreign::graph {

// A task as the trace prints it: its name is cut to 7 characters (print_graph_proc()).
struct Task {
  std::string_view comm;
  std::uint32_t tid{};
};

enum class LineKind : std::uint8_t {
  nothing,    // blank, a rule, a header's line, a stack's
  enter,      // func() {
  leaf,       // func();
  leave,      // }
  comment,    // /* event: ... */
  irq_begin,  // ==========> |
  irq_end,    // <========== |
  switched,   // CPU 0/K-44   =>    <idle>-0
  lost,       // CPU:1 [LOST 17 EVENTS]
  unknown,
};

struct Line {
  LineKind kind{LineKind::unknown};
  std::optional<std::uint64_t>
      time_ns;  // of the microsecond in which it happened, where it has 6 digits
  std::optional<std::uint32_t> cpu;
  std::optional<Task> task;  // switched: the one before
  std::optional<Task> next;  // switched
  std::optional<std::uint64_t> duration_ns;
  std::uint32_t depth{};                    // enter, leaf, leave: calls around it
  std::string_view function;                // leave: empty where the line does not name it
  std::string_view text;                    // comment: what it says
  std::optional<std::uint64_t> lost_count;  // lost; absent: the trace does not say how many
};

// Views into `text`, which has no line end.
Line parse_line(std::string_view text);

// Do the first bytes of a file look like function_graph text?
bool look_for_graph(std::string_view first_bytes);

// Without ".isra.0", ".part.3", ".constprop.0", ".cold" and such.
std::string_view base_name(std::string_view function);

}  // namespace wakepath::foreign::graph
