// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/reading.hpp"

#include <utility>

#include <fmt/format.h>

#include "cli/interrupt.hpp"
#include "import/registry.hpp"
#include "privilege/command_rights.hpp"
#include "util/output_plan.hpp"

namespace wakepath::cli {

tl::unexpected<Error> not_to_its_end() {
  return fail(ErrorKind::interrupted, "interrupted: it was not read to its end");
}

Result<foreign::GivenFiles> open_files_to_print(const std::string& path,
                                                const std::string& kallsyms) {
  WAKEPATH_CHECK(check_standard_output({path, kallsyms}));
  return foreign::open_given_files(path, kallsyms);
}

Result<std::unique_ptr<InputSource>> read_given(foreign::GivenFiles given,
                                                const Interrupt& interrupt,
                                                const ReadFirst& first) {
  privilege::read_files_only();
  if (first) {
    WAKEPATH_CHECK(first());
  }
  auto source = foreign::open_given(std::move(given), interrupt.descriptor());
  privilege::start_no_programs();
  return source;
}

Result<std::unique_ptr<InputSource>> open_to_print(const std::string& path,
                                                   const std::string& kallsyms,
                                                   const Interrupt& interrupt) {
  WAKEPATH_TRY(foreign::GivenFiles given, open_files_to_print(path, kallsyms));
  return read_given(std::move(given), interrupt);
}

Result<ExitCode> pump_all(InputSource& source, RecordSink& sink, const Interrupt& interrupt,
                          Console& console, ReadProgress& progress) {
  ExitCode code = ExitCode::ok;
  WatchedSink watched(sink);
  for (bool go_on = true; go_on && !interrupt.asked();) {
    auto more = source.pump(watched);
    progress.tick();
    if (!more && more.error().kind == ErrorKind::bad_input && watched.any()) {
      code = console.report(more.error());
    } else if (!more && more.error().kind != ErrorKind::interrupted) {
      return tl::unexpected(more.error());
    }
    go_on = more && *more;
  }
  return code;
}

ExitCode tell_of_input(const InputSource& source, const std::string& file, ExitCode code,
                       Console& console) {
  for (const std::string& remark : source.remarks()) {
    console.say(fmt::format("{}: {}", file, remark));
  }
  for (const std::string& problem : source.problems()) {
    console.say(fmt::format("{}: {}", file, problem));
    code = more_severe(code, ExitCode::bad_input);
  }
  return code;
}

ExitCode code_of_records(const Summary& summary) {
  return summary.unreadable != 0 || summary.duplicates != 0 ? ExitCode::bad_input : ExitCode::ok;
}

Result<ExitCode> read_to_end(InputSource& source, RecordSink& sink, const std::string& file,
                             const Interrupt& interrupt, Console& console, ReadProgress* progress) {
  std::optional<ReadProgress> own;
  if (progress == nullptr) {
    progress = &own.emplace(console, file, source);
  }
  WAKEPATH_TRY(const ExitCode code, pump_all(source, sink, interrupt, console, *progress));
  own.reset();
  if (interrupt.asked()) {
    return not_to_its_end();
  }
  return tell_of_input(source, file, code, console);
}

Partial partial_of(const InputSource& source, const Interrupt& interrupt) {
  if (interrupt.asked()) {
    return Partial::interrupted;
  }
  return source.is_truncated() ? Partial::truncated : Partial::no;
}

Result<Summary> finish(Pipeline& pipeline, const InputSource& source, const Interrupt& interrupt) {
  const Partial partial = partial_of(source, interrupt);
  return pipeline.finish(partial, partial == Partial::no ? std::nullopt : source.part());
}

Result<Summary> finish_whole(Pipeline& pipeline, const InputSource& source,
                             const Interrupt& interrupt) {
  WAKEPATH_TRY(Summary summary, finish(pipeline, source, interrupt));
  if (summary.partial == Partial::interrupted) {
    return not_to_its_end();
  }
  return summary;
}

Result<host::GivenRoot> open_root(const std::string& given, const host::GivenRoot::Opened& opened) {
  const Interrupt interrupt(Interrupt::soon());
  return host::GivenRoot::open(
      given, [&] { return !interrupt.asked(); }, opened);
}

}  // namespace wakepath::cli
