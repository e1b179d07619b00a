// SPDX-License-Identifier: GPL-2.0-or-later
// kernel/trace/trace.c (print_trace_header), trace_output.c (trace_ctxwake_print),
// trace_sched_wakeup.c, trace_irqsoff.c, trace_hwlat.c, trace_osnoise.c, trace_mmiotrace.c
#include "import/text/tracer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "import/text/fields.hpp"
#include "import/text/task_state.hpp"
#include "util/escape.hpp"

namespace wakepath::foreign::text {

namespace {

constexpr std::string_view kTracer = "# tracer: ";
constexpr std::string_view kMmio = "VERSION 2007";
constexpr std::size_t kMostWords = 64;
constexpr std::size_t kMostTold = 300;
constexpr std::size_t kMostNames = 32;

std::string_view first_of(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

struct Thread {
  std::uint32_t tid{};
  std::int32_t prio{};
  TaskState state;
};

// "2389: 94:R"; trace-cmd prints the state as a number.
bool thread(Fields& fields, Thread& out) {
  std::string_view state;
  fields.skip_spaces();
  if (!fields.number(out.tid) || !fields.skip(":")) {
    return false;
  }
  fields.skip_spaces();
  if (!fields.number(out.prio) || !fields.skip(":") || !fields.word(state)) {
    return false;
  }
  if (Fields number(state); number.number(out.state.bits) && number.at_end()) {
    return true;
  }
  const auto known = parse_task_state(state);
  out.state = known.value_or(TaskState{});
  return known.has_value();
}

bool in_brackets(Fields& fields, std::uint32_t& cpu) {
  fields.skip_spaces();
  return fields.skip("[") && fields.number(cpu) && fields.skip("]");
}

}  // namespace

bool is_tracer_line(std::string_view line) {
  return line.starts_with(kTracer) || line.starts_with(kMmio);
}

void Tracer::add(std::string text) {
  if (told_.size() < kMostTold) {
    told_ += (told_.empty() ? "" : ", ") + std::move(text);
  }
}

void Tracer::header_line(std::string_view line) {
  const auto words = [](std::string_view text) {
    return escape_terminal(first_of(text).substr(0, kMostWords));
  };
  if (line.starts_with(kMmio)) {
    name_ = "mmiotrace";
  } else if (line.starts_with(kTracer)) {
    name_ = words(line.substr(kTracer.size()));
  }
  if (!line.starts_with('#') || name_.empty()) {
    return;
  }
  Fields fields(line.substr(1));
  std::string_view value;
  fields.skip_spaces();
  fields.skip("|");
  fields.skip("=>");
  fields.skip_spaces();
  if (fields.skip("latency: ") && fields.until(",", value)) {
    std::uint32_t cpu = 0;
    const bool on = fields.skip_past("CPU#") && fields.number(cpu);
    add("latency " + words(value) + (on ? fmt::format(" on CPU {}", cpu) : ""));
  } else if (fields.skip("task: ")) {
    add("task " + words(fields.rest().substr(0, fields.rest().rfind(" ("))));
  } else if (fields.skip("started at:")) {
    add("started at " + words(fields.rest()));
  } else if (fields.skip("ended at:")) {
    add("ended at " + words(fields.rest()));
  }
}

// trace_mmiotrace.c (mmio_print_line), blktrace.c with the option blk_classic
// (blk_log_action_classic).
bool Tracer::is_its_line(std::string_view line) const {
  if (name_ == "mmiotrace") {
    constexpr std::array<std::string_view, 8> kLines{"VERSION ", "PCIDEV ", "MAP ",  "UNMAP ",
                                                     "R ",       "W ",      "MARK ", "UNKNOWN "};
    return std::ranges::any_of(kLines, [line](auto one) { return line.starts_with(one); });
  }
  Fields fields(first_of(line));
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  return name_ == "blk" && fields.number(major) && fields.skip(",") && fields.number(minor);
}

void Tracer::unused(const EventLine& event) {
  ++lines_;
  if (event.name.empty()) {
    return;
  }
  const auto found = unused_.find(event.name);
  if (found != unused_.end()) {
    ++found->second;
  } else if (unused_.size() < kMostNames && event.name.size() <= kMostWords) {
    unused_.emplace(event.name, 1);
  }
}

// The most frequent ones.
std::string Tracer::unused_names() const {
  constexpr std::size_t kMost = 4;
  std::vector<std::pair<std::uint64_t, std::string_view>> names;
  for (const auto& [name, count] : unused_) {
    names.emplace_back(count, name);
  }
  std::ranges::stable_sort(names, std::greater{}, [](const auto& name) { return name.first; });
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) {
    text += (i == 0 ? "" : ", ") + escape_terminal(names[i].second);
  }
  return text + (names.size() > kMost ? ", ..." : "");
}

std::vector<std::string> Tracer::remarks() const {
  std::vector<std::string> lines;
  if (!name_.empty() && name_ != "nop") {
    lines.push_back(fmt::format("ftrace's tracer {} wrote it{}{}", name_,
                                told_.empty() ? "" : ": " + told_,
                                used_ == 0 ? "; no wake of a vCPU can be seen in it" : ""));
  }
  if (used_ == 0 && !unused_.empty()) {
    lines.push_back(fmt::format("its events are {}", unused_names()));
  } else if (used_ == 0 && lines_ == 0 && name_ == "nop") {
    lines.emplace_back("the trace is empty: its header has no event behind it");
  }
  return lines;
}

Body context_switch(std::string_view text, TraceEvent& event) {
  Fields fields(text);
  Thread from;
  Thread to;
  std::uint32_t cpu = 0;
  if (!thread(fields, from)) {
    return Body::unused;  // of function tracers: any text
  }
  fields.skip_spaces();
  const bool change = fields.skip("==> ");
  if (!change && !fields.skip("==+ ") && !fields.skip("+ ")) {
    return Body::unused;
  }
  const bool cpu_first = in_brackets(fields, cpu);
  if (!thread(fields, to) || (!cpu_first && !in_brackets(fields, cpu))) {
    return Body::unreadable;
  }
  const std::string_view comm =
      cpu_first ? first_of(fields.rest()).substr(0, WP_COMM_BYTES - 1) : std::string_view{};
  event.other_comm = comm;
  if (change) {
    event.kind = WP_EVENT_SWITCH;
    wp_switch payload{};
    payload.next_tid = to.tid;
    payload.prev_state = from.state.bits;
    payload.next_prio = to.prio;
    payload.preempt = from.state.preempted ? 1 : 0;
    std::ranges::copy(comm, payload.next_comm);
    event.payload.sched_switch = payload;
  } else {
    event.kind = WP_EVENT_WAKEUP;
    wp_wake wake{};
    wake.tid = to.tid;
    wake.prio = to.prio;
    wake.cpu = cpu;
    event.payload.wake = wake;
  }
  return Body::event;
}

}  // namespace wakepath::foreign::text
