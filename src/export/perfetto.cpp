// SPDX-License-Identifier: GPL-2.0-or-later
#include "export/perfetto.hpp"

#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "findings/run_findings.hpp"
#include "util/count_text.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::exports {

using namespace perfetto;
using track_event::Type;

Result<std::unique_ptr<Exporter>> PerfettoExporter::create(const OutputPlan& plan) {
  WAKEPATH_TRY(OutputFile file, OutputFile::create(plan, OutputFile::Kind::whole));
  return std::make_unique<PerfettoExporter>(std::move(file));
}

PerfettoExporter::PerfettoExporter(OutputFile file)
    : packets_(std::move(file)),
      tracks_(packets_),
      bundles_(packets_),
      states_(packets_, tracks_),
      wakes_(packets_, tracks_),
      events_(*this) {
  packets_.before_new_texts([this] { bundles_.flush(); });
}

void PerfettoExporter::Events::begin(const reconstruct::FactStore& facts) {
  facts_ = &facts;
  to_.bundles_.begin(facts);
  to_.states_.begin(facts);
}

void PerfettoExporter::Events::loss(const order::LossInterval& loss) {
  to_.states_.forget(loss.begin_ns);
}

void PerfettoExporter::Events::event(const Event& event) {
  if (span_ && event.time_ns > span_->end_ns) {
    to_.states_.forget(span_->end_ns);
    return;
  }
  to_.tell_jump(*facts_, event.time_ns);
  if (span_ && event.time_ns < span_->begin_ns) {
    to_.bundles_.learn(event);
    return;
  }
  last_ns_ = event.time_ns;
  to_.bundles_.event(event);
  to_.states_.event(event);
}

// Perfetto's ftrace bundles have no CLOCK_MONOTONIC. They are CLOCK_BOOTTIME, which a recording
// does not have: the two are taken to be equal, so they differ by the time that the host was
// suspended.
void PerfettoExporter::tell_clocks(std::uint64_t at_ns) {
  std::string bytes;
  {
    Writer snapshot(bytes);
    const auto clock = [&](std::uint32_t id, std::uint64_t now) {
      Writer one(snapshot, clocks::kClocks);
      one.add_uint32(clocks::kClockId, id);
      one.add_uint64(clocks::kTimestamp, now);
    };
    clock(clocks::kMonotonic, at_ns);
    clock(clocks::kBoottime, at_ns);
    if (realtime_offset_ns_) {
      clock(clocks::kRealtime, at_ns + *realtime_offset_ns_);
    }
    snapshot.add_enum(clocks::kPrimaryTraceClock, static_cast<std::int32_t>(clocks::kMonotonic));
  }
  packets_.add(packet::kClockSnapshot, bytes);
  clocks_told_ns_ = at_ns;
}

// Events come in time order. Wakes come by their ends, so the offsets at their begins go to and fro
// around a jump, and trace_processor refuses a snapshot whose trace clock is before that of the
// last one (v58.2, src/trace_processor/util/clock_synchronizer.cc).
void PerfettoExporter::tell_jump(const reconstruct::FactStore& facts, std::uint64_t at_ns) {
  const auto offset_ns = facts.realtime_offset_ns(at_ns);
  if (!offset_ns || offset_ns == realtime_offset_ns_ || at_ns <= clocks_told_ns_) {
    return;
  }
  // It holds from some time on since the last snapshot.
  std::uint64_t before_ns = clocks_told_ns_;
  while (at_ns - before_ns > 1) {
    const std::uint64_t middle_ns = std::midpoint(before_ns, at_ns);
    (facts.realtime_offset_ns(middle_ns) == offset_ns ? at_ns : before_ns) = middle_ns;
  }
  realtime_offset_ns_ = offset_ns;
  tell_clocks(at_ns);
}

void PerfettoExporter::tell_host(const Header& header) {
  std::string bytes;
  {
    Writer info(bytes);
    {
      Writer name(info, system_info::kUtsname);
      name.add_string(system_info::kSysname, "Linux");
      name.add_string(system_info::kRelease, escape_terminal(header.kernel));
      name.add_string(system_info::kMachine, escape_terminal(header.arch));
    }
    info.add_uint32(system_info::kNumCpus, static_cast<std::uint32_t>(header.cpus));
  }
  packets_.add(packet::kSystemInfo, bytes);
  bytes.clear();
  {
    Writer all(bytes);
    const auto attribute = [&](const char* key, std::string_view text) {
      Writer one(all, attributes::kAttribute);
      one.add_string(attributes::kKey, key);
      one.add_string(attributes::kStringValue, escape_terminal(text));
    };
    attribute("wakepath.version", header.wakepath);
    attribute("wakepath.command", header.command);
    if (wakes_.target() != 0) {
      attribute("wakepath.target", exact_duration(wakes_.target()));
    }
  }
  packets_.add(packet::kTraceAttributes, bytes);
}

Result<void> PerfettoExporter::header(const Header& header) {
  if (header.trace && header.trace->untimed) {
    return fail(ErrorKind::usage, "a trace without times has no timeline");
  }
  begin_ns_ = header.begin_ns.value_or(0);
  arch_ = header.arch;
  realtime_offset_ns_ = header.realtime_offset_ns;
  bundles_.kernel(header.kernel);
  tell_clocks(begin_ns_);
  tell_host(header);
  return Result<void>(packets_.state());
}

Result<void> PerfettoExporter::wake(const WakeChain& chain) {
  wakes_.wake(chain);
  return Result<void>(packets_.state());
}

Result<void> PerfettoExporter::delivery(const Delivery& delivery) {
  wakes_.delivery(delivery);
  return Result<void>(packets_.state());
}

Result<void> PerfettoExporter::loss(const Loss& loss) {
  if (losses_ == 0) {
    losses_ = tracks_.add("losses");
  }
  TrackEvent at(packets_, Type::instant, losses_);
  at.name("loss");
  if (loss.lost) {
    at.note("events", *loss.lost);
  }
  if (loss.cpu) {
    at.note("cpu", std::uint64_t{*loss.cpu});
  }
  if (loss.end_ns) {
    at.note("until_ns", *loss.end_ns);
  }
  packets_.add(at, loss.begin_ns.value_or(begin_ns_));
  return Result<void>(packets_.state());
}

// They are of the whole recording: they stand at its begin.
void PerfettoExporter::tell_findings(const std::vector<Finding>& findings, std::uint64_t at_ns) {
  if (findings.empty()) {
    return;
  }
  const Track track = tracks_.add("findings");
  for (const Finding& finding : findings) {
    TrackEvent at(packets_, Type::instant, track);
    at.name(finding.rule).note("text", std::string_view(finding.text));
    // Of two arguments of one name trace_processor keeps the last.
    for (std::size_t n = 0; n < finding.fixes.size(); ++n) {
      const std::string number = n == 0 ? "" : fmt::format(" {}", n + 1);
      const Fix& fix = finding.fixes[n];
      if (!fix.command.empty()) {
        at.note("command" + number, std::string_view(fix.command));
      }
      if (!fix.note.empty()) {
        at.note("note" + number, std::string_view(fix.note));
      }
    }
    packets_.add(at, at_ns);
  }
}

Result<void> PerfettoExporter::summary(const Summary& summary) {
  tell_findings(findings::run_findings(summary, arch_), begin_ns_);
  bundles_.flush();
  states_.forget(events_.last_ns());
  wakes_.finish();
  tracks_.finish();
  return Result<void>(packets_.state());
}

Result<std::string> PerfettoExporter::finish() {
  WAKEPATH_TRY(const std::uint64_t bytes, packets_.finish());
  return fmt::format("{}, {}, {:.1f} MB", count_text(wakes_.wakes(), "wake"),
                     count_text(bundles_.events(), "event"), static_cast<double>(bytes) / 1e6);
}

}  // namespace wakepath::exports
