// SPDX-License-Identifier: GPL-2.0-or-later
// kernel/trace/trace_output.c (trace_print_context, trace_print_lat_context), libtraceevent's
// event-parse.c, perf's builtin-script.c. A thread's name may hold anything, so it is no help in
// finding what follows it; but it is printed right-aligned in columns of known width.
#include "import/text/event_line.hpp"

#include <algorithm>
#include <limits>

#include "import/text/fields.hpp"
#include "wakepath/abi.h"

namespace wakepath::foreign::text {

namespace {

constexpr std::size_t kNameWidth = 16;
constexpr std::size_t kLatencyNameWidth = 8;
constexpr std::size_t kMostFlags = 8;

// "d.h..": interrupts, resched, context, preempt count, migrate-disable (since 5.17), and
// trace-cmd's lock depth. PREEMPT_RT's kernels before 6.12 have seven letters, "d..h1..": a second
// one of resched, lazily, before the context.
char context_letter(std::string_view flags) {
  constexpr std::size_t kOfRealTime = 7;
  const std::size_t at = flags.size() == kOfRealTime ? 3 : 2;
  return at < flags.size() ? flags[at] : ' ';
}

std::uint8_t context_of(std::string_view flags) {
  switch (context_letter(flags)) {
    case '.':
      return WP_CONTEXT_KNOWN;
    case 's':
      return WP_CONTEXT_KNOWN | WP_CONTEXT_SOFTIRQ;
    case 'h':
      return WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ;
    case 'H':
      return WP_CONTEXT_KNOWN | WP_CONTEXT_HARDIRQ | WP_CONTEXT_SOFTIRQ;
    case 'z':
      return WP_CONTEXT_KNOWN | WP_CONTEXT_NMI;
    case 'Z':
      return WP_CONTEXT_KNOWN | WP_CONTEXT_NMI | WP_CONTEXT_HARDIRQ;
    default:
      return 0;
  }
}

// '.', and since 6.3 'b' where softirqs alone are off; in a hard interrupt it says nothing.
bool takes_interrupts(std::string_view flags) {
  const char context = context_letter(flags);
  return (context == '.' || context == 's') && (flags.front() == '.' || flags.front() == 'b');
}

// "13.172140: ", "4.146363744: ", "1368: ", and in latency format "19664us+: ".
bool parse_time(Fields& fields, EventLine& out) {
  constexpr std::uint64_t kSecond = 1000000000;
  std::uint64_t whole = 0;
  if (!fields.number(whole)) {
    return false;
  }
  std::uint64_t unit = 0;
  std::uint64_t part = 0;
  if (fields.skip(".")) {
    const std::size_t before = fields.rest().size();
    if (!fields.rest().starts_with('-') && !fields.number(part)) {
      return false;
    }
    const std::size_t digits = before - fields.rest().size();
    if (digits == 0 || digits > 9) {
      return false;
    }
    unit = kSecond;
    out.resolution_ns = 1;
    for (std::size_t i = digits; i < 9; ++i) {
      part *= 10;
      out.resolution_ns *= 10;
    }
  } else if (fields.skip("us")) {
    if (fields.at_end() || !fields.skip(fields.rest().substr(0, 1))) {
      return false;
    }
    unit = 1000;
    out.resolution_ns = 1000;
  } else {
    unit = 1;
    out.resolution_ns = 0;
  }
  if (whole > (std::numeric_limits<std::uint64_t>::max() - part) / unit || !fields.skip(":")) {
    return false;
  }
  out.time_ns = whole * unit + part;
  return true;
}

bool is_name(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.';
  });
}

// "sched_switch: prev_comm=..."; what is not of that form (a function, "<stack trace>") is no
// event.
void parse_ftrace_name(std::string_view text, EventLine& out) {
  const std::size_t end = text.find(':');
  if (end != std::string_view::npos && is_name(text.substr(0, end))) {
    out.name = text.substr(0, end);
    Fields body(text.substr(end + 1));
    body.skip_spaces();
    out.body = body.rest();
  } else {
    out.body = text;
  }
}

// "sched:sched_switch: prev_comm=...", after a period where that is printed; "PERF_RECORD_LOST lost
// 12" in place of an event.
bool parse_perf_name(std::string_view text, EventLine& out) {
  Fields fields(text);
  std::string_view word;
  std::uint64_t period = 0;
  if (fields.number(period)) {
    fields.skip_spaces();
  }
  if (!fields.word(word)) {
    return false;
  }
  if (word.ends_with(':')) {
    word.remove_suffix(1);
  } else if (!word.starts_with("PERF_RECORD_")) {
    return false;
  }
  const std::size_t group = word.rfind(':');
  out.name = group == std::string_view::npos ? word : word.substr(group + 1);
  fields.skip_spaces();
  out.body = fields.rest();
  return true;
}

std::string_view name_of(std::string_view padded) {
  const std::size_t begin = padded.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view{} : padded.substr(begin);
}

// From right behind the name's '-' on.
bool after_ftrace_name(std::string_view text, EventLine& out) {
  Fields fields(text);
  if (!fields.number(out.tid) || !fields.skip(" ")) {
    return false;
  }
  fields.skip_spaces();
  if (fields.skip("(")) {  // the option record-tgid: "(    123)", "(-------)"
    fields.skip_spaces();
    if (!fields.number(out.tgid) && !fields.skip("-")) {
      return false;
    }
    if (!fields.skip_past(") ")) {
      return false;
    }
    fields.skip_spaces();
  }
  if (!fields.skip("[") || !fields.number(out.cpu) || !fields.skip("] ")) {
    return false;
  }
  fields.skip_spaces();
  if (!fields.at_end() && !is_digit(fields.rest().front())) {
    std::string_view flags;
    if (!fields.word(flags) || flags.size() > kMostFlags) {
      return false;
    }
    out.context = context_of(flags);
    out.interruptible = takes_interrupts(flags);
    fields.skip_spaces();
  }
  if (!parse_time(fields, out)) {
    return false;
  }
  fields.skip_spaces();
  parse_ftrace_name(fields.rest(), out);
  return true;
}

bool after_latency_name(std::string_view text, EventLine& out) {
  Fields fields(text);
  if (!fields.number(out.tid) || !fields.skip(" ")) {
    return false;
  }
  fields.skip_spaces();
  std::string_view flags;
  if (!fields.number(out.cpu) || !fields.word(flags) || flags.size() > kMostFlags) {
    return false;
  }
  out.context = context_of(flags);
  out.interruptible = takes_interrupts(flags);
  fields.skip_spaces();
  if (!parse_time(fields, out)) {
    return false;
  }
  fields.skip_spaces();
  parse_ftrace_name(fields.rest(), out);
  return true;
}

bool ended_or_number(Fields& fields, std::uint32_t& tid) {
  if (fields.skip("-1")) {
    tid = kEndedThread;
    return true;
  }
  return fields.number(tid);
}

// From the space behind the name on. With the field "pid" two numbers: process/thread.
bool after_perf_name(std::string_view text, EventLine& out) {
  Fields fields(text);
  fields.skip_spaces();
  if (!ended_or_number(fields, out.tid)) {
    return false;
  }
  if (fields.skip("/")) {
    out.tgid = out.tid == kEndedThread ? 0 : out.tid;
    if (!ended_or_number(fields, out.tid)) {
      return false;
    }
  }
  if (!fields.skip(" ")) {
    return false;
  }
  fields.skip_spaces();
  if (!fields.skip("[") || !fields.number(out.cpu) || !fields.skip("] ")) {
    return false;
  }
  fields.skip_spaces();
  if (!fields.at_end() && !is_digit(fields.rest().front())) {
    std::string_view misc;  // the field of that name: "K", "U", "G"
    if (!fields.word(misc) || misc.size() > kMostFlags) {
      return false;
    }
    fields.skip_spaces();
  }
  if (!parse_time(fields, out)) {
    return false;
  }
  fields.skip_spaces();
  return parse_perf_name(fields.rest(), out);
}

// Tries the name's full width, then less, for lines whose leading spaces were lost (and perf script
// -g, which does not align). The widest that fits is right: what follows the name can't look so.
bool with_name(std::string_view line, std::size_t width, char behind,
               bool (*after)(std::string_view, EventLine&), EventLine& out) {
  for (std::size_t at = std::min(width, line.empty() ? 0 : line.size() - 1);; --at) {
    if (at < line.size() && line[at] == behind) {
      EventLine found;
      if (after(line.substr(at + (behind == ' ' ? 0 : 1)), found)) {
        out = found;
        out.comm = name_of(line.substr(0, at));
        return true;
      }
    }
    if (at == 0) {
      return false;
    }
  }
}

bool ftrace_name_is_none(std::string_view comm) { return comm == "<idle>" || comm == "<...>"; }

// KVM's guest mode samples have the guest's name, a thread that perf does not know its number.
bool perf_name_is_none(std::string_view comm) {
  return comm.starts_with("[guest/") || comm.starts_with(':');
}

// "comm  tid [cpu]": from the bracket back to the name's end.
std::optional<std::size_t> perf_name_end(std::string_view line, std::size_t bracket) {
  const auto last_of = [](std::string_view text, std::string_view characters) {
    const std::size_t found = text.find_last_not_of(characters);
    return found == std::string_view::npos ? 0 : found + 1;
  };
  const std::size_t number_end = last_of(line.substr(0, bracket), " ");
  const std::size_t number = last_of(line.substr(0, number_end), "0123456789/-");
  const std::size_t name_end = last_of(line.substr(0, number), " ");
  EventLine event;
  const bool found =
      number_end < bracket && name_end < number && after_perf_name(line.substr(name_end), event);
  return found ? std::optional(name_end) : std::nullopt;
}

}  // namespace

// A name may look so itself: the last of those that one name can hold is right.
std::optional<NameEnd> find_name_end(std::string_view line) {
  std::optional<NameEnd> found;
  EventLine event;
  for (std::size_t at = line.find_first_of("-[");
       at != std::string_view::npos && (!found || at <= found->at + kNameWidth);
       at = line.find_first_of("-[", at + 1)) {
    const std::string_view rest = line.substr(at + 1);
    if (line[at] == '[') {
      const auto end = found ? std::nullopt : perf_name_end(line, at);
      found = end ? NameEnd{Form::perf, *end} : found;
    } else if (after_ftrace_name(rest, event)) {
      found = NameEnd{Form::ftrace, at};
    } else if (after_latency_name(rest, event)) {
      found = NameEnd{Form::latency, at};
    }
  }
  return found;
}

std::size_t name_width(Form form) { return form == Form::latency ? kLatencyNameWidth : kNameWidth; }

bool parse_event_line(Form form, std::string_view line, EventLine& out) {
  switch (form) {
    case Form::ftrace:
      if (!with_name(line, kNameWidth, '-', after_ftrace_name, out)) {
        return false;
      }
      break;
    case Form::latency:
      if (!with_name(line, kLatencyNameWidth, '-', after_latency_name, out)) {
        return false;
      }
      if (out.comm.size() >= kLatencyNameWidth) {
        out.comm = {};  // it may have been cut
      }
      break;
    case Form::perf:
      if (!with_name(line, kNameWidth, ' ', after_perf_name, out)) {
        return false;
      }
      // Where the name was not aligned, spaces between it and the number are not its own.
      out.comm = out.comm.substr(0, out.comm.find_last_not_of(' ') + 1);
      break;
  }
  const bool none =
      form == Form::perf ? perf_name_is_none(out.comm) : ftrace_name_is_none(out.comm);
  if (none) {
    out.comm = {};
  }
  return true;
}

}  // namespace wakepath::foreign::text
