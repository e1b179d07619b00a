// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/line.hpp"

#include <algorithm>
#include <charconv>

namespace wakepath::foreign::graph {

namespace {

constexpr std::string_view kSwitch = " => ";
constexpr std::uint32_t kDeepest = 128;  // FTRACE_RETFUNC_DEPTH is 50 (include/linux/ftrace.h)

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
    return std::nullopt;
  }
  return value;
}

// Digits at the front of `text`, which are taken off it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// "INT.FRACTION" in units of `unit` ns, the fraction of any length.
std::optional<std::uint64_t> decimal(std::string_view text, std::uint64_t unit) {
  const std::optional<std::uint64_t> whole = take_number(text);
  if (!whole || *whole > UINT64_MAX / unit / 2) {
    return std::nullopt;
  }
  std::uint64_t value = *whole * unit;
  if (text.empty()) {
    return value;
  }
  if (text.front() != '.' || text.size() < 2) {
    return std::nullopt;
  }
  for (const char digit : text.substr(1)) {
    if (!is_digit(digit)) {
      return std::nullopt;
    }
    unit /= 10;
    value += unit * static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

// "comm-123"; the comm may hold anything.
std::optional<Task> parse_task(std::string_view text) {
  text = trimmed(text);
  const std::size_t dash = text.rfind('-');
  if (dash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto tid = number<std::uint32_t>(text.substr(dash + 1));
  if (!tid) {
    return std::nullopt;
  }
  return Task{text.substr(0, dash), *tid};
}

// "+ 14.384 us", "* 10847.79 us", "1234567 us": print_graph_duration().
std::optional<std::uint64_t> parse_duration_column(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 2 && text[1] == ' ' && !is_digit(text[0])) {
    text = trimmed(text.substr(1));
  }
  if (!text.ends_with(" us")) {
    return std::nullopt;
  }
  return decimal(text.substr(0, text.size() - 3), 1000);
}

// "d.h1.", "2dNs3": print_graph_lat_fmt().
bool is_flags(std::string_view text) {
  text = trimmed(text);
  if (text.size() < 4 || text.size() > 16) {
    return false;
  }
  for (const char c : text) {
    if (c != '.' && c != '#' && !is_digit(c) && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')) {
      return false;
    }
  }
  return true;
}

// What stands before "(" or, for a function of a module, " [": %ps.
std::string_view function_name(std::string_view text) {
  const std::size_t end = text.find_first_of("([ ");
  return end == std::string_view::npos ? text : text.substr(0, end);
}

bool is_function(std::string_view name) {
  if (name.empty() || name.size() > 512) {
    return false;
  }
  for (const char c : name) {
    if (c != '_' && c != '.' && c != '$' && c != ':' && !is_digit(c) && (c < 'a' || c > 'z') &&
        (c < 'A' || c > 'Z')) {
      return false;
    }
  }
  return true;
}

// "CPU:1 [LOST 17 EVENTS]", "CPU:1 [LOST EVENTS]": print_trace_line() (kernel/trace/trace.c).
std::optional<Line> parse_lost(std::string_view text) {
  if (!text.starts_with("CPU:")) {
    return std::nullopt;
  }
  text.remove_prefix(4);
  Line line;
  line.kind = LineKind::lost;
  const std::optional<std::uint64_t> cpu = take_number(text);
  if (!cpu || *cpu > UINT32_MAX || !text.starts_with(" [LOST ")) {
    return std::nullopt;
  }
  line.cpu = static_cast<std::uint32_t>(*cpu);
  text.remove_prefix(7);
  line.lost_count = take_number(text);
  return line;
}

// "     7.933387 |  ": print_graph_abs_time(). It divides by 10^6 twice whatever the clock counts.
void take_time(std::string_view& rest, Line& line) {
  std::string_view text = trimmed(rest.substr(0, 24));
  const std::size_t bar = rest.find('|');
  if (bar == std::string_view::npos || text.empty() || !is_digit(text.front())) {
    return;
  }
  text = trimmed(rest.substr(0, bar));
  const std::size_t dot = text.find('.');
  // Nine digits are TepGraph's.
  if (dot == std::string_view::npos || (text.size() - dot != 7 && text.size() - dot != 10)) {
    return;
  }
  if (const auto time = decimal(text, 1'000'000'000)) {
    line.time_ns = time;
    rest.remove_prefix(bar + 1);
  }
}

// "   1) ": print_graph_cpu().
void take_cpu(std::string_view& rest, Line& line) {
  std::string_view text = rest;
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  const std::optional<std::uint64_t> cpu = take_number(text);
  if (cpu && *cpu <= UINT32_MAX && !text.empty() && text.front() == ')') {
    line.cpu = static_cast<std::uint32_t>(*cpu);
    rest = text.substr(1);
  }
}

bool take_switch(std::string_view rest, Line& line) {
  // A name may hold the arrow too, but none of 7 characters holds it and a pid.
  for (std::size_t at = rest.find(kSwitch); at != std::string_view::npos;
       at = rest.find(kSwitch, at + 1)) {
    const auto before = parse_task(rest.substr(0, at));
    const auto after = parse_task(rest.substr(at + kSwitch.size()));
    if (before && after) {
      line.kind = LineKind::switched;
      line.task = before;
      line.next = after;
      return true;
    }
  }
  return false;
}

// TASK/PID ends at the first bar that follows a pid: a name may hold bars itself.
void take_task(std::string_view& rest, Line& line) {
  std::size_t bar = rest.find('|');
  for (int tries = 0; bar != std::string_view::npos && tries < 8; ++tries) {
    if (const auto task = parse_task(rest.substr(0, bar)); task && task->comm.size() <= 16) {
      line.task = task;
      rest.remove_prefix(bar + 1);
      return;
    }
    bar = rest.find('|', bar + 1);
    if (bar > 40) {
      return;
    }
  }
}

// The flags and the duration, as far as they are there. False: the line ends with them.
bool take_columns(std::string_view& rest, Line& line, std::size_t& margin) {
  for (int column = 0; column < 3; ++column) {
    const std::size_t bar = rest.find('|');
    if (bar == std::string_view::npos) {
      break;
    }
    const std::string_view text = trimmed(rest.substr(0, bar));
    if (text.empty()) {
      rest.remove_prefix(bar + 1);
      margin = 2;
      break;
    }
    if (text == "==========>" || text == "<==========") {
      line.kind = text.front() == '=' ? LineKind::irq_begin : LineKind::irq_end;
      return false;
    }
    if (const auto duration = parse_duration_column(text)) {
      line.duration_ns = duration;
      rest.remove_prefix(bar + 1);
      margin = 2;
      break;
    }
    if (!is_flags(text)) {
      break;
    }
    rest.remove_prefix(bar + 1);
    margin = 1;
  }
  return true;
}

void take_leave(std::string_view call, Line& line) {
  line.kind = LineKind::leave;
  const std::size_t open = call.find("/* ");
  if (open == std::string_view::npos) {
    return;
  }
  const std::string_view name = function_name(call.substr(open + 3));
  if (is_function(name)) {
    line.function = name;
  }
}

void take_call(std::string_view call, Line& line) {
  line.function = function_name(call);
  std::string_view end = call.substr(line.function.size());
  if (!is_function(line.function) || (!end.starts_with('(') && !end.starts_with(" ["))) {
    line.function = {};
    return;
  }
  // Arguments (funcgraph-args) and return values may hold anything; the call ends in "{" or ";".
  if (const std::size_t note = end.rfind("/*"); note != std::string_view::npos) {
    end = trimmed(end.substr(0, note));
  }
  if (end.ends_with(") {")) {
    line.kind = LineKind::enter;
  } else if (end.ends_with(");")) {
    line.kind = LineKind::leaf;
  }
}

// With a column that no other text has.
bool is_call(const Line& line) {
  switch (line.kind) {
    case LineKind::enter:
    case LineKind::leaf:
    case LineKind::leave:
    case LineKind::irq_begin:
    case LineKind::irq_end:
      return line.cpu || line.time_ns || line.duration_ns;
    default:
      return line.kind == LineKind::switched;
  }
}

}  // namespace

std::string_view base_name(std::string_view function) {
  const std::size_t dot = function.find('.', 1);
  return dot == std::string_view::npos ? function : function.substr(0, dot);
}

Line parse_line(std::string_view text) {
  Line line;
  while (!text.empty() && (text.back() == '\r' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  if (text.empty() || text.front() == '#' || text.starts_with(" ------") ||
      text.starts_with(" => ") || text.starts_with(" (Overruns: ") ||
      text.ends_with("<stack trace>")) {
    line.kind = LineKind::nothing;
    return line;
  }
  if (const auto lost = parse_lost(text)) {
    return *lost;
  }
  std::string_view rest = text;
  take_time(rest, line);
  take_cpu(rest, line);
  if (line.cpu && take_switch(rest, line)) {
    return line;
  }
  take_task(rest, line);
  // Spaces that belong to the column before the calls.
  std::size_t margin = line.time_ns ? 2 : 0;
  if (line.cpu || line.task) {
    margin = 1;
  }
  if (!take_columns(rest, line, margin)) {
    return line;
  }
  const std::size_t indent = rest.find_first_not_of(' ');
  if (indent == std::string_view::npos) {
    return line;
  }
  const std::string_view call = rest.substr(indent);
  if (call == "==========>" || call == "<==========") {
    line.kind = call.front() == '=' ? LineKind::irq_begin : LineKind::irq_end;
    return line;
  }
  line.depth = static_cast<std::uint32_t>((indent - std::min(indent, margin)) / 2);
  if (line.depth > kDeepest) {
    return line;
  }
  if (call.front() == '}') {
    take_leave(call, line);
  } else if (call.starts_with("/* ")) {
    line.kind = LineKind::comment;
    line.text = call.substr(3);
    if (line.text.ends_with(" */")) {
      line.text.remove_suffix(3);
    }
  } else {
    take_call(call, line);
  }
  return line;
}

bool look_for_graph(std::string_view first_bytes) {
  for (std::size_t end = first_bytes.find('\n'); end != std::string_view::npos;
       end = first_bytes.find('\n')) {
    const std::string_view text = first_bytes.substr(0, end);
    if (text.starts_with("# tracer: function_graph") || is_call(parse_line(text))) {
      return true;
    }
    first_bytes.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace wakepath::foreign::graph
