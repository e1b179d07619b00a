// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctime>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "dump/reader.hpp"
#include "present/json.hpp"
#include "present/ndjson_sink.hpp"
#include "present/summary_text.hpp"
#include "present/text_table.hpp"
#include "present/view.hpp"
#include "record/tally.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"
#include "wakepath/event.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::cli {

namespace {

// Lets a pipeline work until it has the header, so that info gives the one that replay gives.
class HeaderReader final : public RecordSink, private Sink {
 public:
  explicit HeaderReader(record::Tally& tally)
      : tally_(tally), pipeline_(PipelineOptions{{}, 0}, *this) {}

  Result<void> record(RecordView view) override {
    if (!header_) {
      if (auto done = pipeline_.record(view); !done) {
        return done;
      }
    }
    return tally_.record(view);
  }
  Header header() {
    if (!header_) {
      static_cast<void>(pipeline_.finish());
    }
    return header_.value_or(Header{});
  }

 private:
  Result<void> header(const Header& header) override {
    header_ = header;
    return {};
  }
  Result<void> wake(const WakeChain& /*chain*/) override { return {}; }
  Result<void> delivery(const Delivery& /*delivery*/) override { return {}; }
  Result<void> loss(const Loss& /*loss*/) override { return {}; }
  Result<void> interval(const Interval& /*interval*/) override { return {}; }
  Result<void> notice(const std::string& /*text*/) override { return {}; }
  Result<void> summary(const Summary& /*summary*/) override { return {}; }

  record::Tally& tally_;
  std::optional<Header> header_;
  Pipeline pipeline_;
};

std::string utc_text(std::uint64_t monotonic_ns, std::uint64_t realtime_offset_ns) {
  const auto seconds =
      static_cast<std::time_t>((monotonic_ns + realtime_offset_ns) / 1'000'000'000);
  std::tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&seconds, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
    return "at a time that is not known";
  }
  return text.data();
}

std::uint64_t span_ns(const record::Tally& tally) {
  return tally.first_ns() ? *tally.last_ns() - *tally.first_ns() : 0;
}

template <typename... Args>
void print(fmt::memory_buffer& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(fmt::appender(out), format, std::forward<Args>(args)...);
}

void print_vms(const record::Tally& tally, fmt::memory_buffer& out) {
  if (tally.vms().empty()) {
    print(out, "  VMs         none was seen\n");
  }
  for (const auto& [key, vm] : tally.vms()) {
    const std::string name = vm.name.empty() ? "?" : escape_terminal(vm.name);
    const std::string pid = vm.tgid == 0 ? "" : fmt::format(" (pid {})", vm.tgid);
    print(out, "  VM          {}{}, {}\n", name, pid, present::count_text(vm.vcpus.size(), "vCPU"));
  }
}

void print_events(const record::Tally& tally, const Header& header, fmt::memory_buffer& out) {
  using enum present::TextTable::Align;
  present::TextTable table({{"EVENT"}, {"COUNT", right}, {"NOT CAPTURED BECAUSE"}});
  for (const EventState& state : header.events) {
    std::uint64_t count = 0;
    for (std::size_t kind = 0; kind < WP_EVENT_KINDS; ++kind) {
      if (event_name(static_cast<wp_event_kind>(kind)) == state.event) {
        count += tally.by_kind()[kind];
      }
    }
    const std::string reason = state.enabled          ? ""
                               : state.reason.empty() ? "not asked for"
                                                      : state.reason;
    table.row({escape_terminal(state.event), state.enabled ? fmt::format("{}", count) : "-",
               escape_terminal(reason)});
  }
  print(out, "\n");
  table.render(out);
}

void print_text(const std::string& path, const dump::DumpInfo& info, bool damaged,
                const record::Tally& tally, const Header& header, fmt::memory_buffer& out) {
  const char* state = info.incomplete ? "INCOMPLETE: it was not closed, or is cut"
                      : damaged       ? "damaged"
                                      : "whole";
  print(out, "{}: wakepath dump, format {}, {}\n", escape_terminal(path), info.version, state);
  print(out, "  host        {}", present::host_text(header));
  if (header.counter_hz) {
    print(out, ", counter {:.3f} MHz", static_cast<double>(*header.counter_hz) / 1e6);
  }
  print(out, "\n");
  if (header.trace) {
    const TraceOrigin& from = *header.trace;
    print(out, "  imported    from {}, its clock {}\n", escape_terminal(from.form),
          from.untimed         ? "none: it has no times"
          : from.clock.empty() ? "not known"
                               : escape_terminal(from.clock));
  } else if (tally.host() && tally.first_ns()) {
    print(out, "  recorded    {}, for {}, by wakepath {}\n",
          utc_text(*tally.first_ns(), tally.host()->value[3]), format_duration(span_ns(tally)),
          escape_terminal(header.wakepath));
    print(out, "  command     {}\n", escape_terminal(tally.host()->text(3)));
  }
  const double each = tally.events() == 0 ? 0
                                          : static_cast<double>(info.file_bytes) /
                                                static_cast<double>(tally.events());
  print(out, "  holds       {}, {} in {}; {} bytes, {:.1f} an event\n",
        present::count_text(tally.events(), "event"),
        present::count_text(tally.guest_reports(), "guest report"),
        present::count_text(info.chunks, "chunk"), info.file_bytes, each);
  print(out, "  lost        {} while it was recorded, {} by programs that did not run\n",
        present::count_text(tally.lost(), "event"), tally.missed());
  if (info.damaged_chunks != 0) {
    print(out, "  damaged     {}, {} of them lost\n",
          present::count_text(info.damaged_chunks, "chunk"),
          present::count_text(info.lost_events, "event"));
  }
  if (tally.skipped() != 0) {
    print(out, "  left out    {}, by the event set\n",
          present::count_text(tally.skipped(), "event"));
  }
  if (tally.capture() && tally.capture()->value[0] != 0) {
    print(out, "  rings       {} per CPU, emptied every {}\n",
          present::size_text(tally.capture()->value[0]),
          format_duration(tally.capture()->value[1]));
  }
  print(out, "  names       {}, {}\n", present::count_text(tally.facts_of(WP_FACT_IRQ), "IRQ"),
        present::count_text(tally.facts_of(WP_FACT_SYMBOL), "function"));
  if (tally.host_files() != 0) {
    print(out, "  settings    {} of its /proc and /sys, for audit\n",
          present::count_text(tally.host_files(), "file"));
  }
  print_vms(tally, out);
  print_events(tally, header, out);
}

void print_json(const dump::DumpInfo& info, bool damaged, const record::Tally& tally,
                fmt::memory_buffer& out) {
  present::JsonWriter json(out);
  const auto fact = [](const std::optional<Fact>& from, std::size_t index) {
    return from && from->value[index] != 0 ? std::optional(from->value[index]) : std::nullopt;
  };
  json.begin_object();
  json.field("type", "info");
  json.field("format", info.version);
  json.field("whole", !damaged && !info.incomplete);
  json.field("file_bytes", info.file_bytes);
  json.field("chunks", info.chunks);
  json.field("damaged_chunks", info.damaged_chunks);
  json.field("records", info.records);
  json.field("events", tally.events());
  json.field("guest_reports", tally.guest_reports());
  json.field("lost", tally.lost());
  json.field("missed", tally.missed());
  json.field("skipped", tally.skipped());
  json.field("first_ns", tally.first_ns());
  json.field("last_ns", tally.last_ns());
  json.field("realtime_offset_ns", fact(tally.host(), 3));
  json.text_or_null("options", tally.host() ? tally.host()->text(3) : "");
  json.field("ring_bytes", fact(tally.capture(), 0));
  json.field("host_files", tally.host_files());
  json.field("poll_ns", fact(tally.capture(), 1));
  json.field("hold_back_ns", fact(tally.capture(), 2));
  json.key("vms");
  json.begin_array();
  for (const auto& [key, vm] : tally.vms()) {
    json.begin_object();
    json.text_or_null("vm", vm.name);
    json.field("vm_pid", vm.tgid == 0 ? std::nullopt : std::optional(vm.tgid));
    json.key("vcpus");
    json.begin_array();
    for (const auto& [index, thread] : vm.vcpus) {
      json.begin_object();
      json.field("vcpu", index);
      json.text_or_null("thread", thread);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.key("event_counts");
  json.begin_object();
  for (std::size_t kind = 0; kind < WP_EVENT_KINDS; ++kind) {
    if (tally.by_kind()[kind] != 0) {
      json.field(event_name(static_cast<wp_event_kind>(kind)), tally.by_kind()[kind]);
    }
  }
  json.end_object();
  json.end_object();
  out.push_back('\n');
}

}  // namespace

Result<ExitCode> info(const InfoArguments& arguments, Console& console) {
  auto source = dump::DumpSource::open(arguments.file);
  if (!source) {
    return tl::unexpected(source.error());
  }
  const Interrupt interrupt;
  record::Tally tally;
  HeaderReader reader(tally);
  ExitCode code = ExitCode::ok;
  while (!interrupt.asked()) {
    auto more = (*source)->pump(reader);
    if (!more) {
      code = console.report(more.error());
    }
    if (!more || !*more) {
      break;
    }
  }
  const Header header = reader.header();
  const dump::DumpInfo& dump = (*source)->info();
  const bool damaged = !(*source)->problems().empty();
  if (arguments.format == Format::ndjson) {
    present::NdjsonSink sink("dump", console.out(), console.err());
    if (auto written = sink.header(header); !written) {
      return tl::unexpected(written.error());
    }
    print_json(dump, damaged, tally, console.out().buffer());
  } else {
    print_text(arguments.file, dump, damaged, tally, header, console.out().buffer());
  }
  for (const std::string& problem : (*source)->problems()) {
    console.say(arguments.file + ": " + problem);
    code = more_severe(code, ExitCode::bad_input);
  }
  return code;
}

}  // namespace wakepath::cli
