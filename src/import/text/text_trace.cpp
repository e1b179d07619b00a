// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/text_trace.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "import/text/bodies.hpp"
#include "import/text/event_body.hpp"
#include "import/text/fields.hpp"
#include "import/text/stray_line.hpp"

namespace wakepath::foreign::text {

namespace {

constexpr int kLinesAtOnce = 8192;
constexpr std::uint64_t kFarNs = 10'000'000'000;

// perf script --show-lost-events: "PERF_RECORD_LOST lost 12", by some versions after an event's
// name; PERF_RECORD_LOST_SAMPLES likewise.
bool is_perf_loss(const EventLine& head, TraceLoss& loss) {
  constexpr std::string_view kLost = "PERF_RECORD_LOST";
  if (!head.name.starts_with(kLost) && !head.body.starts_with(kLost)) {
    return false;
  }
  Fields fields(head.body);
  std::uint64_t events = 0;
  const bool counted = fields.skip_past("lost ") && fields.number(events);
  loss = {head.cpu, counted ? std::optional(events) : std::nullopt};
  return true;
}

// Of the tracers of wakes: "0:120:R ==> [003] ...", which has no name before its first colon.
bool is_context_switch(const EventLine& head) {
  return !head.name.empty() && head.name.find_first_not_of("0123456789") == std::string_view::npos;
}

Body body(const EventLine& head, TraceEvent& event) {
  if (is_context_switch(head)) {
    const char* const begin = head.name.data();
    const char* const end = head.body.data() + head.body.size();
    return context_switch({begin, static_cast<std::size_t>(end - begin)}, event);
  }
  if (head.name == "context_switch" || head.name == "wakeup") {
    return context_switch(head.body, event);
  }
  return parse_body(head.name, head.body, event);
}

// What tools print around the events, and no event.
bool is_between_events(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos || line.starts_with('#') ||
         is_stack_line(line) || line.starts_with("cpus=") || line.starts_with("version = ") ||
         (line.starts_with("CPU ") && line.ends_with(" is empty")) ||
         (line.starts_with("CPU:") && line.ends_with(" START]"));
}

}  // namespace

TextTrace::TextTrace(std::unique_ptr<ByteSource> source) : lines_(std::move(source)) {}

void TextTrace::begin() {
  const std::string_view first = lines_.peek();
  const auto kind = look_for_text_trace(first);
  kind_ = kind.value_or(TextKind::ftrace);
  form_ = kind_ == TextKind::perf ? Form::perf : Form::ftrace;
  info_ = describe(kind_, first);
}

// What stands before the trace may be longer than what begin() sees: then its first event tells.
Result<void> TextTrace::tell_about(std::string_view event_line, TraceSink& sink) {
  if (told_) {
    return {};
  }
  told_ = true;
  if (info_.clock == TraceClock::unknown && info_.resolution_ns == 0 && !event_line.empty()) {
    const std::string line = std::string(event_line) + '\n';
    kind_ = look_for_text_trace(line).value_or(kind_);
    const TraceInfo found = describe(kind_, line);
    info_.form = found.form;
    info_.resolution_ns = found.resolution_ns;
    info_.clock = found.clock;
    info_.arch = info_.arch.empty() ? found.arch : info_.arch;
  }
  arm64_ = info_.arch == "aarch64";
  return sink.about(info_);
}

Result<bool> TextTrace::read(TraceSink& sink) {
  if (!begun_) {
    begun_ = true;
    begin();
  }
  Line next;
  for (int i = 0; i < kLinesAtOnce; ++i) {
    if (i != 0 && lines_.waits(0)) {
      return true;
    }
    if (!lines_.next(next)) {
      WAKEPATH_CHECK(settle_far(std::nullopt, sink));
      WAKEPATH_CHECK(tell_about({}, sink));
      return lines_.error() ? Result<bool>(tl::unexpected(*lines_.error())) : Result<bool>(false);
    }
    if (auto done = line(next, sink); !done) {
      return tl::unexpected(std::move(done.error()));
    }
  }
  return true;
}

Result<void> TextTrace::line(const Line& line, TraceSink& sink) {
  if (line.cut) {
    troubles_.too_long(line);
    return hole(sink);
  }
  EventLine head;
  const bool is_event = find_event(line.text, head);
  if (!line.ended && (is_event || stray_line(line.text) == Stray::damaged)) {
    // A number may be cut: it would pass for a smaller one.
    if (!is_between_events(line.text)) {
      troubles_.ends_inside(line);
    }
    return {};
  }
  if (!is_event) {
    return other_line(line, sink);
  }
  WAKEPATH_CHECK(tell_about(line.text, sink));
  if (auto done = settle_far(head.time_ns, sink); !done) {
    return done;
  }
  if (newest_ns_ != 0 && head.time_ns > newest_ns_ && head.time_ns - newest_ns_ > kFarNs) {
    far_ = Far{std::string(line.text), line.number, head.time_ns};
    return {};
  }
  return event(line, head, sink);
}

// A line whose time is far ahead waits for the next one: a host may have been idle that long, and
// then time goes on from there; if it does not, the line is wrong, not all that follow.
Result<void> TextTrace::settle_far(std::optional<std::uint64_t> next_ns, TraceSink& sink) {
  if (!far_) {
    return {};
  }
  const Far far = *std::exchange(far_, std::nullopt);
  const Line line{far.text, far.number};
  EventLine head;
  if (!find_event(line.text, head)) {
    return {};
  }
  if (next_ns && *next_ns < far.time_ns && far.time_ns - *next_ns > kFarNs) {
    troubles_.time_jumps(line);
    return sink.lost({head.cpu < WP_MAX_CPUS ? std::optional(head.cpu) : std::nullopt, 1});
  }
  return event(line, head, sink);
}

// The form of the line before is tried first: files in which it changes are few.
bool TextTrace::find_event(std::string_view line, EventLine& out) {
  line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
  if (parse_event_line(form_, line, out)) {
    return true;
  }
  for (const Form form : {Form::ftrace, Form::latency, Form::perf}) {
    if (form != form_ && parse_event_line(form, line, out)) {
      form_ = form;
      return true;
    }
  }
  return false;
}

Result<void> TextTrace::event(const Line& line, const EventLine& head, TraceSink& sink) {
  if (head.cpu >= WP_MAX_CPUS) {
    troubles_.cpu_too_large(line);
    return sink.lost({std::nullopt, 1});
  }
  TraceLoss lost;
  if (form_ == Form::perf && is_perf_loss(head, lost)) {
    return loss(line, lost, sink);
  }
  if (!in_order(line, head)) {
    return {};
  }
  if (std::exchange(gap_, false) && events_seen_) {
    WAKEPATH_CHECK(sink.lost({}));
  }
  events_seen_ = true;
  hole_said_ = false;
  TraceEvent event;
  event.time_ns = head.time_ns;
  event.cpu = head.cpu;
  event.tid = head.tid;
  event.tgid = head.tgid;
  event.context = head.context;
  Cpu& cpu = cpus_[head.cpu];
  cpu.open_ns = head.interruptible ? head.time_ns : cpu.open_ns;
  event.open_ns = cpu.open_ns;
  event.comm = head.comm;
  switch (body(head, event)) {
    case Body::event:
      tracer_.used();
      kvm_seen_ = kvm_seen_ || event.kind == WP_EVENT_KVM_ENTRY ||
                  event.kind == WP_EVENT_KVM_EXIT || event.kind == WP_EVENT_KVM_VCPU_WAKEUP;
      return settle_thread(event) ? sink.event(event) : sink.lost({head.cpu, 1});
    case Body::unreadable:
      troubles_.unreadable_event(line, event.kind);
      return sink.lost({head.cpu, 1});
    case Body::unused:
      tracer_.unused(head);
      break;
  }
  event.kind = WP_EVENT_NONE;
  event.cancelled = head.name == "hrtimer_cancel" ? cancelled_timer(head.body) : 0;
  return event.cancelled == 0 ? Result<void>{} : sink.event(event);
}

// perf has no number for a thread that has ended and still runs, to its last switch: it is the one
// that its CPU was switched to. False: who that was is not known.
bool TextTrace::settle_thread(TraceEvent& event) {
  Cpu& cpu = cpus_[event.cpu];
  if (event.tid == kEndedThread) {
    if (!cpu.tid) {
      return false;
    }
    event.tid = *cpu.tid;
  }
  cpu.tid = event.kind == WP_EVENT_SWITCH ? event.payload.sched_switch.next_tid : event.tid;
  return true;
}

// A part that stands there twice (a trace that was read by sendfile) is older than what its CPU had
// before; what has the same time as that can't be told from its repetition.
bool TextTrace::in_order(const Line& line, const EventLine& head) {
  if (head.cpu >= cpus_.size()) {
    cpus_.resize(head.cpu + 1);
  }
  Cpu& cpu = cpus_[head.cpu];
  cpu.behind = head.time_ns < cpu.last_ns || (cpu.behind && head.time_ns == cpu.last_ns);
  if (cpu.behind) {
    troubles_.time_steps_back(line);
    return false;
  }
  cpu.last_ns = head.time_ns;
  newest_ns_ = std::max(newest_ns_, head.time_ns);
  return true;
}

Result<void> TextTrace::other_line(const Line& line, TraceSink& sink) {
  if (const auto found = parse_loss(line.text)) {
    WAKEPATH_CHECK(tell_about({}, sink));
    return loss(line, *found, sink);
  }
  tracer_.header_line(line.text);
  if (tracer_.is_its_line(line.text)) {
    return {};
  }
  if (is_between_events(line.text)) {
    losses_.note_header(line.text);
    return {};
  }
  if (!is_raw_line(line.text)) {
    return no_event(line, sink);
  }
  if (!events_seen_) {
    return fail(ErrorKind::bad_input,
                fmt::format("line {}: the trace was printed with ftrace's option raw, as numbers "
                            "without names; nothing can be reconstructed from it",
                            line.number),
                "echo 0 > /sys/kernel/tracing/options/raw, then read the trace again");
  }
  troubles_.raw(line);
  return hole(sink);
}

Result<void> TextTrace::no_event(const Line& line, TraceSink& sink) {
  switch (stray_line(line.text)) {
    case Stray::remark:
      troubles_.no_event(line);
      return {};
    case Stray::gap:
      // It touches what stands on both sides of it, and nothing where one side is empty.
      troubles_.gap(line);
      gap_ = true;
      return {};
    case Stray::damaged:
      break;
  }
  troubles_.unreadable(line);
  return hole(sink);
}

// A line that can't be read may have been an event, of any CPU.
Result<void> TextTrace::hole(TraceSink& sink) {
  if (!events_seen_ || hole_said_) {
    return {};
  }
  hole_said_ = true;
  return sink.lost({});
}

Result<void> TextTrace::loss(const Line& line, const TraceLoss& loss, TraceSink& sink) {
  if (loss.cpu && *loss.cpu >= WP_MAX_CPUS) {
    troubles_.cpu_too_large(line);
    return sink.lost({std::nullopt, loss.events});
  }
  losses_.note(loss);
  return sink.lost(loss);
}

std::vector<std::string> TextTrace::remarks() const {
  std::vector<std::string> lines = losses_.remarks();
  std::ranges::move(tracer_.remarks(), std::back_inserter(lines));
  std::ranges::move(troubles_.remarks(), std::back_inserter(lines));
  if (kind_ == TextKind::perf) {
    lines.emplace_back(kForeignNames);
    if (arm64_ && !kvm_seen_) {
      lines.emplace_back(
          "there is no event of KVM: on arm64 perf script leaves out, and does not say so, what "
          "happened while a vCPU was loaded, unless it is given --guest-code");
    }
  }
  return lines;
}

}  // namespace wakepath::foreign::text
