// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "import/recording_input.hpp"
#include "present/renderer.hpp"
#include "record/inside.hpp"
#include "record/tally.hpp"
#include "util/count_text.hpp"
#include "wakepath/event.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::cli {

namespace {

// A pipeline makes the header, so that info shows the same one as replay.
class HeaderReader final : public RecordSink, private Sink {
 public:
  // `inside` may be null.
  HeaderReader(record::Tally& tally, record::Inside* inside)
      : tally_(tally), inside_(inside), pipeline_(PipelineOptions{{}, 0}, *this) {}

  Result<void> record(RecordView view) override {
    if (!header_) {
      if (auto done = pipeline_.record(view); !done) {
        return done;
      }
    }
    if (inside_ != nullptr) {
      WAKEPATH_CHECK(inside_->record(view));
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

  record::Tally& tally_;
  record::Inside* inside_;
  std::optional<Header> header_;
  Pipeline pipeline_;
};

void take_file(const dump::DumpInfo& dump, present::RecordingInfo::File& file) {
  file.version = dump.version;
  file.incomplete = dump.incomplete;
  file.bytes = dump.file_bytes;
  file.chunks = dump.chunks;
  file.damaged_chunks = dump.damaged_chunks;
  file.records = dump.records;
  file.unreadable_events = dump.lost_events;
}

void take_contents(const record::Tally& tally, present::RecordingInfo& info) {
  if (tally.host()) {
    info.capture = {tally.realtime_offsets().at(tally.first_ns().value_or(0)),
                    tally.host()->options};
  }
  info.events = tally.events();
  info.guest_reports = tally.guest_reports();
  info.lost = tally.lost();
  info.lost_exact = tally.lost_exact();
  info.missed = tally.missed();
  info.skipped = tally.skipped();
  info.first_ns = tally.first_ns();
  info.last_ns = tally.last_ns();
  if (tally.capture()) {
    info.ring_bytes = tally.capture()->ring_bytes;
    info.poll_ns = tally.capture()->poll_ns;
    info.hold_back_ns = tally.capture()->hold_back_ns;
  }
  info.host_files = tally.host_files();
  info.trigger = tally.trigger();
  for (const BreachFact& breach : tally.breaches()) {
    info.breaches.push_back({breach, tally.realtime_offsets().at(breach.at_ns)});
  }
  info.more_breaches = tally.more_breaches();
  info.irq_names = tally.irqs();
  info.function_names = tally.symbols();
  for (const auto& [key, vm] : tally.vms()) {
    present::RecordingInfo::Vm& shown = info.vms.emplace_back();
    shown.name = vm.name;
    shown.pid = vm.tgid;
    for (const auto& [tid, vcpu] : vm.vcpus) {
      shown.vcpus[tid] = {vcpu.index, vcpu.thread};
    }
  }
  for (std::size_t kind = 0; kind < WP_EVENT_KINDS; ++kind) {
    if (tally.by_kind()[kind] != 0) {
      info.event_counts.emplace_back(event_name(static_cast<wp_event_kind>(kind)),
                                     tally.by_kind()[kind]);
    }
  }
}

std::vector<std::string> listed(const std::set<std::string>& names) {
  return {names.begin(), names.end()};
}

present::RecordingInfo::Inside names_of(const record::Inside& inside) {
  return {listed(inside.vms()),   listed(inside.threads()),  listed(inside.devices()),
          listed(inside.files()), inside.functions().size(), inside.kernel_addresses()};
}

}  // namespace

Result<ExitCode> info(const InfoArguments& arguments, Console& console) {
  const Interrupt interrupt(Interrupt::soon());
  WAKEPATH_TRY(const auto source, open_to_print(arguments.file, {}, interrupt));
  record::Tally tally;
  record::Inside inside;
  HeaderReader reader(tally, arguments.what_is_inside ? &inside : nullptr);
  WatchedSink records(reader);
  ExitCode code = ExitCode::ok;
  std::optional<ReadProgress> progress(std::in_place, console, arguments.file, *source);
  while (!interrupt.asked()) {
    auto more = source->pump(records);
    progress->tick();
    if (!more && more.error().kind == ErrorKind::bad_input && !records.any()) {
      return tl::unexpected(more.error());
    }
    if (!more && more.error().kind != ErrorKind::interrupted) {
      code = console.report(more.error());
    }
    if (!more || !*more) {
      break;
    }
  }
  progress.reset();
  present::RecordingInfo info;
  info.path = arguments.file;
  info.header = reader.header();
  info.damaged =
      code != ExitCode::ok || !source->problems().empty() || tally.unreadable_records() != 0;
  if (const dump::DumpInfo* recording = foreign::recording_info(*source)) {
    info.file = present::RecordingInfo::File{};
    take_file(*recording, *info.file);
  }
  take_contents(tally, info);
  if (arguments.what_is_inside) {
    info.inside = names_of(inside);
  }
  present::RenderOptions options;
  options.source = source->is_recording() ? "dump" : "import";
  options.text.fit = console.is_terminal() ? console.columns() : 0;
  const auto renderer =
      present::make_renderer(arguments.format, options, console.out(), console.err());
  WAKEPATH_CHECK(renderer->info(info));
  if (interrupt.asked()) {
    console.say(arguments.file + ": interrupted before its end");
  }
  if (tally.unreadable_records() != 0) {
    console.say(fmt::format("{}: damaged: {} not readable", arguments.file,
                            count_text(tally.unreadable_records(), "record")));
    code = more_severe(code, ExitCode::bad_input);
  }
  for (const std::string& remark : source->remarks()) {
    console.say(arguments.file + ": " + remark);
  }
  for (const std::string& problem : source->problems()) {
    console.say(arguments.file + ": " + problem);
    code = more_severe(code, ExitCode::bad_input);
  }
  return code;
}

}  // namespace wakepath::cli
