// SPDX-License-Identifier: GPL-2.0-or-later
#include <chrono>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/capture_run.hpp"
#include "cli/commands.hpp"
#include "cli/recorder_run.hpp"
#include "cli/tee.hpp"
#include "present/view.hpp"
#include "privilege/command_rights.hpp"
#include "privilege/rights.hpp"
#include "record/tally.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::cli {

namespace {

std::string lost_text(const record::Tally& tally, const std::optional<std::size_t>& ring_bytes) {
  if (tally.lost() == 0 && tally.missed() == 0) {
    return "nothing lost";
  }
  std::string text =
      fmt::format("{} lost, a program missed {}", present::count_text(tally.lost(), "event"),
                  present::count_text(tally.missed(), "run"));
  if (tally.lost() != 0) {
    const std::uint64_t bytes =
        tally.capture() ? tally.capture()->ring_bytes : ring_bytes.value_or(0);
    text += ": raise --ring-size";
    text += bytes != 0 ? fmt::format(" (now {} per CPU)", present::size_text(bytes)) : "";
  }
  return text;
}

// Wakes are told to the recorder; nothing is shown.
Result<ExitCode> record_breaches(const RecordArguments& arguments, const std::string& line,
                                 Console& console) {
  WAKEPATH_TRY(auto run, CaptureRun::open(arguments.capture, line, console));
  WAKEPATH_TRY(const auto recorder,
               RecorderRun::start(arguments.recorder, arguments.file, console));
  privilege::capture_only(arguments.capture.guest.has_value());
  Sink nobody;
  PipelineOptions options;
  options.interval_ns = 0;
  options.wake_told = [&recorder](const WakeChain& chain) { recorder->wake(chain); };
  Pipeline pipeline(options, nobody);
  WAKEPATH_TRY(RecordSink* const first, recorder->before(pipeline));
  console.say(fmt::format("waits for {}", fmt::join(arguments.recorder.on, "; ")));
  ExitCode code = ExitCode::ok;
  CaptureProgress progress(console, arguments.capture.duration);
  const auto done = run.run(*first, [&]() -> Result<bool> {
    progress.tick();
    WAKEPATH_CHECK(recorder->poll([&console](const std::string& text) { console.say(text); }));
    return true;
  });
  if (!done) {
    code = console.report(done.error());
  }
  WAKEPATH_TRY([[maybe_unused]] const Summary summary, pipeline.finish());
  return more_severe(code, recorder->finish());
}

}  // namespace

Result<ExitCode> record(const RecordArguments& arguments, const std::string& line,
                        Console& console) {
  if (!arguments.recorder.on.empty()) {
    return record_breaches(arguments, line, console);
  }
  const OutputPlan plan{arguments.file, arguments.force};
  WAKEPATH_CHECK(check_output(plan));
  WAKEPATH_TRY(auto run, CaptureRun::open(arguments.capture, line, console));
  WAKEPATH_TRY(auto writer, dump::DumpWriter::create(plan, OutputFile::Kind::growing));
  if (privilege::has_rights()) {
    WAKEPATH_CHECK(writer->keep_rights_for_names(privilege::name_files_only));
  }
  privilege::capture_only(arguments.capture.guest.has_value());
  console.writes_to(arguments.file);
  record::Tally tally;
  SavingTee tee(std::move(writer), arguments.file, &tally);
  std::optional<CaptureProgress> progress;
  progress.emplace(console, arguments.capture.duration, [&tally] {
    return fmt::format("{}, {} lost", present::count_text(tally.events(), "event"), tally.lost());
  });
  const auto done = run.run(tee, [&]() -> Result<bool> {
    progress->tick();
    return !tee.failed();
  });
  progress.reset();
  ExitCode code = ExitCode::ok;
  if (!done) {
    code = console.report(done.error());
    if (tally.events() == 0 && !tee.failed()) {
      tee.discard();
      return code;
    }
  }
  auto totals = tee.close();
  if (!totals) {
    return more_severe(code, console.report(totals.error()));
  }
  console.say(fmt::format("wrote {}, {}", saved_text(arguments.file, *totals),
                          lost_text(tally, arguments.capture.ring_bytes)));
  return code;
}

}  // namespace wakepath::cli
