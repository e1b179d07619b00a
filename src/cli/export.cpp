// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/given_again.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "cli/vm_check.hpp"
#include "export/exporter.hpp"
#include "import/registry.hpp"
#include "privilege/command_rights.hpp"
#include "privilege/rights.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::cli {

namespace {

// To the exporter, but what is for a person is said.
class ExportSink final : public Sink {
 public:
  ExportSink(exports::Exporter& to, Console& console) : to_(to), console_(console) {}

  Result<void> header(const Header& header) override { return to_.header(header); }
  Result<void> wake(const WakeChain& chain) override { return to_.wake(chain); }
  Result<void> delivery(const Delivery& delivery) override { return to_.delivery(delivery); }
  Result<void> loss(const Loss& loss) override { return to_.loss(loss); }
  Result<void> notice(const std::string& text) override {
    console_.say(text);
    return to_.notice(text);
  }
  Result<void> summary(const Summary& summary) override { return to_.summary(summary); }

 private:
  exports::Exporter& to_;
  Console& console_;
};

// When one wake was on its way.
class WakeSpan final : public Sink {
 public:
  Result<void> wake(const WakeChain& chain) override {
    found_ = TimeSpan{chain.begin_ns, chain.end_ns, {}};
    return {};
  }
  [[nodiscard]] const std::optional<TimeSpan>& found() const { return found_; }

 private:
  std::optional<TimeSpan> found_;
};

PipelineOptions options_of(const ExportArguments& arguments, const Interrupt& interrupt) {
  PipelineOptions options;
  options.selection = arguments.selection;
  options.interval_ns = 0;
  options.memory_bytes = arguments.memory;
  options.stopped = [&interrupt] { return interrupt.asked(); };
  return options;
}

// The time around the wake that was asked for. Only a wake that was told has a time, so the input
// is read for it alone; its damage is told later.
Result<TimeSpan> find_span(const ExportArguments& arguments, foreign::GivenFiles given,
                           const Interrupt& interrupt, Console& console) {
  WAKEPATH_TRY(const auto source, foreign::open_given(std::move(given), interrupt.descriptor()));
  PipelineOptions options = options_of(arguments, interrupt);
  const std::uint64_t wake = arguments.selection.wake;
  options.selection = {};
  options.selection.wake = wake;
  WakeSpan finder;
  Pipeline pipeline(options, finder);
  ReadProgress progress(console, arguments.file, *source);
  for (bool go_on = true; go_on && !finder.found() && !interrupt.asked();) {
    const auto more = source->pump(pipeline);
    progress.tick();
    if (!more && more.error().kind != ErrorKind::bad_input &&
        more.error().kind != ErrorKind::interrupted) {
      return tl::unexpected(more.error());
    }
    go_on = more && *more;
  }
  if (!finder.found()) {
    WAKEPATH_CHECK(pipeline.finish());
  }
  if (!finder.found()) {
    if (!interrupt.asked()) {
      WAKEPATH_CHECK(check_wake(wake, pipeline.wakes()));
    }
    return not_to_its_end();
  }
  TimeSpan span = *finder.found();
  span.begin_ns -= std::min(arguments.around_ns, span.begin_ns);
  span.end_ns += std::min(arguments.around_ns, ~span.end_ns);
  span.text = fmt::format("--wake {} --around {}", wake, exact_duration(arguments.around_ns));
  return span;
}

// Errors: usage, where something that was selected is not there.
Result<void> check_selected(const Selection& selection, const Pipeline& pipeline) {
  WAKEPATH_CHECK(check_vms(selection, pipeline.vms(), pipeline.vcpus(), false));
  WAKEPATH_CHECK(check_wake(selection.wake, pipeline.wakes()));
  return check_vcpus(selection, pipeline.vcpus());
}

}  // namespace

Result<ExitCode> export_wakes(const ExportArguments& arguments, Console& console) {
  const Interrupt interrupt(Interrupt::soon());
  const std::string& output = arguments.output;
  WAKEPATH_TRY(foreign::GivenFiles given,
               foreign::open_given_files(arguments.file, arguments.kallsyms));
  GivenAgain again(given);
  console.writes_to(output);
  // All that is given must be open before our rights go. Nobody may name files where root may.
  WAKEPATH_TRY(
      const auto exporter,
      exports::make_exporter(arguments.format,
                             {output, arguments.force, {arguments.file, arguments.kallsyms}}));
  if (arguments.target_ns != 0) {
    exporter->target(arguments.target_ns);
  }
  if (arguments.compress) {
    exporter->compress();
  }
  if (privilege::has_rights()) {
    WAKEPATH_CHECK(exporter->keep_rights_for_names(privilege::name_files_only));
  }
  PipelineOptions options = options_of(arguments, interrupt);
  WAKEPATH_TRY(const auto source, read_given(std::move(given), interrupt, [&]() -> Result<void> {
                 if (arguments.around_ns != 0) {
                   WAKEPATH_TRY(auto files, again.from_begin());
                   WAKEPATH_TRY(options.selection.during,
                                find_span(arguments, std::move(files), interrupt, console));
                   options.selection.wake = 0;
                   exporter->within(*options.selection.during);
                   WAKEPATH_CHECK(again.from_begin());
                 }
                 return {};
               }));
  ExportSink sink(*exporter, console);
  Pipeline pipeline(options, sink, exporter->observer());
  std::optional<ReadProgress> progress(std::in_place, console, arguments.file, *source);
  WAKEPATH_TRY(ExitCode code, pump_all(*source, pipeline, interrupt, console, *progress));
  progress.reset();
  code = tell_of_input(*source, arguments.file, code, console);
  WAKEPATH_TRY(const Summary summary, finish(pipeline, *source, interrupt));
  code = more_severe(code, code_of_records(summary));
  if (code != ExitCode::ok && summary.events == 0) {
    console.say(fmt::format("{} was not written: nothing of {} can be read",
                            escape_terminal(output), escape_terminal(arguments.file)));
    return code;
  }
  // A VM may be named after the place where an interrupted reading stopped.
  if (summary.partial != Partial::interrupted) {
    WAKEPATH_CHECK(check_selected(options.selection, pipeline));
  }
  WAKEPATH_TRY(const std::string written, exporter->finish());
  console.say(fmt::format(
      "wrote {}: {}{}", output == "-" ? "to standard output" : escape_terminal(output), written,
      summary.partial == Partial::interrupted ? "; interrupted: what was read until then" : ""));
  return code;
}

}  // namespace wakepath::cli
