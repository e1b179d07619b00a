// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/event_pipe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include <unistd.h>

#include "record/event_table.hpp"
#include "util/escape.hpp"

namespace wakepath::foreign {

namespace {

enum FrameType : std::uint32_t {
  kAbout = 1,
  kEvent = 2,
  kLost = 3,
  kProblem = 4,
  kRemark = 5,
  kEnd = 6,
  kGraph = 7,
};

struct Head {
  std::uint32_t bytes;  // of what follows
  std::uint32_t type;
};

// Then comm, name, other_comm.
struct WireEvent {
  std::uint64_t time_ns, now_ns, guest_pc;
  std::uint32_t cpu, tid, tgid;
  std::uint16_t comm, name, other_comm;  // bytes of each
  std::uint8_t context, kind, x86, has_vcpu;
  std::uint16_t vcpu;  // KVM_MAX_VCPU_IDS is less
  Event::Payload payload;
};

// Then form, clock_name, release, arch.
struct WireInfo {
  std::uint64_t resolution_ns;
  std::uint32_t cpus, has_cpus;
  std::uint16_t form, clock_name, release, arch;
  std::uint32_t clock, reserved;
};

struct WireLoss {
  std::uint64_t events;
  std::uint32_t cpu;
  std::uint8_t has_cpu, has_events, reserved[2];
};

constexpr std::size_t kMostText = 512;
constexpr std::size_t kMostFrame = sizeof(WireEvent) + 4 * kMostText;
constexpr std::size_t kMostGraph = std::size_t{64} * 1024;
constexpr std::size_t kMostLines = 100;
constexpr std::size_t kPending = std::size_t{64} * 1024;

template <typename T>
std::string_view as_text(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::uint16_t length(std::string_view text) {
  return static_cast<std::uint16_t>(std::min(text.size(), kMostText));
}

std::string_view cut(std::string_view text) { return text.substr(0, kMostText); }

tl::unexpected<Error> broken() {
  return fail(ErrorKind::bad_input, "the process that reads the file sends what makes no sense");
}

// The strings behind a fixed part; nullopt: their lengths don't add up.
template <std::size_t N>
std::optional<std::array<std::string_view, N>> strings(Bytes rest,
                                                       const std::array<std::uint16_t, N>& sizes) {
  std::array<std::string_view, N> out;
  for (std::size_t i = 0; i < N; ++i) {
    if (sizes[i] > rest.size() || sizes[i] > kMostText) {
      return std::nullopt;
    }
    out[i] = {reinterpret_cast<const char*>(rest.data()), sizes[i]};
    rest = rest.subspan(sizes[i]);
  }
  return rest.empty() ? std::optional(out) : std::nullopt;
}

bool is_traced(std::uint8_t kind) { return record::event_row(kind).is_event(); }

}  // namespace

Result<void> EventPipeWriter::frame(std::uint32_t type, std::string_view fixed,
                                    std::initializer_list<std::string_view> rest) {
  Head head{static_cast<std::uint32_t>(fixed.size()), type};
  for (const std::string_view text : rest) {
    head.bytes += static_cast<std::uint32_t>(text.size());
  }
  pending_.append(as_text(head)).append(fixed);
  for (const std::string_view text : rest) {
    pending_.append(text);
  }
  return pending_.size() < kPending ? Result<void>{} : flush();
}

Result<void> EventPipeWriter::flush() {
  std::string_view left = pending_;
  while (!left.empty()) {
    const ssize_t written = ::write(fd_, left.data(), left.size());
    if (written < 0 && errno != EINTR) {
      return fail(ErrorKind::bad_output, "nobody reads the pipe");
    }
    left.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
  }
  pending_.clear();
  return {};
}

Result<void> EventPipeWriter::about(const TraceInfo& info) {
  WireInfo wire{};
  wire.resolution_ns = info.resolution_ns;
  wire.cpus = info.cpus.value_or(0);
  wire.has_cpus = info.cpus ? 1 : 0;
  wire.clock = static_cast<std::uint32_t>(info.clock);
  wire.form = length(info.form);
  wire.clock_name = length(info.clock_name);
  wire.release = length(info.release);
  wire.arch = length(info.arch);
  return frame(kAbout, as_text(wire),
               {cut(info.form), cut(info.clock_name), cut(info.release), cut(info.arch)});
}

Result<void> EventPipeWriter::event(const TraceEvent& event) {
  WireEvent wire{};
  wire.time_ns = event.time_ns;
  wire.now_ns = event.now_ns;
  wire.guest_pc = event.guest_pc;
  wire.cpu = event.cpu;
  wire.tid = event.tid;
  wire.tgid = event.tgid;
  wire.context = event.context;
  wire.kind = static_cast<std::uint8_t>(event.kind);
  wire.x86 = event.x86 ? 1 : 0;
  wire.has_vcpu = event.vcpu && *event.vcpu <= 0xffff ? 1 : 0;
  wire.vcpu = static_cast<std::uint16_t>(wire.has_vcpu != 0 ? *event.vcpu : 0);
  wire.payload = event.payload;
  wire.comm = length(event.comm);
  wire.name = length(event.name);
  wire.other_comm = length(event.other_comm);
  return frame(kEvent, as_text(wire), {cut(event.comm), cut(event.name), cut(event.other_comm)});
}

Result<void> EventPipeWriter::lost(const TraceLoss& loss) {
  WireLoss wire{};
  wire.events = loss.events.value_or(0);
  wire.cpu = loss.cpu.value_or(0);
  wire.has_cpu = loss.cpu ? 1 : 0;
  wire.has_events = loss.events ? 1 : 0;
  return frame(kLost, as_text(wire), {});
}

Result<void> EventPipeWriter::problem(std::string_view text) {
  return frame(kProblem, {}, {cut(text)});
}

Result<void> EventPipeWriter::remark(std::string_view text) {
  return frame(kRemark, {}, {cut(text)});
}

Result<void> EventPipeWriter::graph(std::string_view lines) {
  Result<void> done;
  for (; done && !lines.empty(); lines.remove_prefix(std::min(lines.size(), kMostGraph))) {
    done = frame(kGraph, lines.substr(0, kMostGraph), {});
  }
  return done;
}

Result<void> EventPipeWriter::end() {
  auto done = frame(kEnd, {}, {});
  return done ? flush() : done;
}

Result<void> EventPipeParser::feed(Bytes bytes, TraceSink& sink) {
  kept_.insert(kept_.end(), bytes.begin(), bytes.end());
  Bytes left(kept_);
  while (left.size() >= sizeof(Head)) {
    const auto head = load<Head>(left);
    if (head.bytes > (head.type == kGraph ? kMostGraph : kMostFrame) || ended_) {
      return broken();
    }
    if (left.size() - sizeof(Head) < head.bytes) {
      break;
    }
    if (auto done = frame(head.type, left.subspan(sizeof(Head), head.bytes), sink); !done) {
      return done;
    }
    left = left.subspan(sizeof(Head) + head.bytes);
  }
  kept_.erase(kept_.begin(), kept_.end() - static_cast<std::ptrdiff_t>(left.size()));
  return {};
}

Result<void> EventPipeParser::frame(std::uint32_t type, Bytes body, TraceSink& sink) {
  const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  switch (type) {
    case kAbout:
      return about(body, sink);
    case kEvent:
      return event(body, sink);
    case kLost:
      return lost(body, sink);
    case kProblem:
    case kRemark: {
      auto& lines = type == kProblem ? problems_ : remarks_;
      if (lines.size() < kMostLines) {
        lines.push_back(escape_terminal(text.substr(0, kMostText)));
      }
      return {};
    }
    case kGraph:
      if (!began_) {
        return broken();
      }
      graph_.append(text);
      lines_ += static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
      return {};
    case kEnd:
      ended_ = true;
      return {};
    default:
      return broken();
  }
}

Result<void> EventPipeParser::about(Bytes body, TraceSink& sink) {
  const auto wire = load<WireInfo>(body);
  if (began_ || body.size() < sizeof(wire) ||
      wire.clock > static_cast<std::uint32_t>(TraceClock::none)) {
    return broken();
  }
  const auto texts =
      strings<4>(body.subspan(sizeof(wire)), {wire.form, wire.clock_name, wire.release, wire.arch});
  if (!texts) {
    return broken();
  }
  began_ = true;
  TraceInfo info;
  info.form = (*texts)[0];
  info.clock_name = (*texts)[1];
  info.release = (*texts)[2];
  info.arch = (*texts)[3];
  info.clock = static_cast<TraceClock>(wire.clock);
  info.resolution_ns = wire.resolution_ns;
  if (wire.has_cpus != 0 && wire.cpus <= WP_MAX_CPUS) {
    info.cpus = wire.cpus;
  }
  return sink.about(info);
}

Result<void> EventPipeParser::event(Bytes body, TraceSink& sink) {
  const auto wire = load<WireEvent>(body);
  if (!began_ || body.size() < sizeof(wire) || !is_traced(wire.kind) || wire.cpu >= WP_MAX_CPUS) {
    return broken();
  }
  const auto texts =
      strings<3>(body.subspan(sizeof(wire)), {wire.comm, wire.name, wire.other_comm});
  if (!texts) {
    return broken();
  }
  TraceEvent event;
  event.time_ns = wire.time_ns;
  event.now_ns = wire.now_ns;
  event.guest_pc = wire.guest_pc;
  event.cpu = wire.cpu;
  event.tid = wire.tid;
  event.tgid = wire.tgid;
  event.context =
      wire.context & (WP_CONTEXT_KNOWN | WP_CONTEXT_SOFTIRQ | WP_CONTEXT_HARDIRQ | WP_CONTEXT_NMI);
  event.kind = static_cast<wp_event_kind>(wire.kind);
  event.x86 = wire.x86 != 0;
  event.vcpu = wire.has_vcpu != 0 ? std::optional<std::uint32_t>(wire.vcpu) : std::nullopt;
  event.payload = wire.payload;
  event.comm = (*texts)[0];
  event.name = (*texts)[1];
  event.other_comm = (*texts)[2];
  ++events_;
  return sink.event(event);
}

Result<void> EventPipeParser::lost(Bytes body, TraceSink& sink) {
  const auto wire = load<WireLoss>(body);
  if (!began_ || body.size() != sizeof(wire) || (wire.has_cpu != 0 && wire.cpu >= WP_MAX_CPUS)) {
    return broken();
  }
  TraceLoss loss;
  if (wire.has_cpu != 0) {
    loss.cpu = wire.cpu;
  }
  if (wire.has_events != 0) {
    loss.events = wire.events;
  }
  return sink.lost(loss);
}

}  // namespace wakepath::foreign
