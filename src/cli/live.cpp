// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/capture_run.hpp"
#include "cli/commands.hpp"
#include "cli/result_view.hpp"
#include "cli/tee.hpp"
#include "privilege/command_rights.hpp"
#include "privilege/rights.hpp"

namespace wakepath::cli {

namespace {

// By then every VM that runs has been named: the first rounds bring the names.
constexpr unsigned kRoundsUntilNamed = 10;

Result<void> check_saving(const OutputPlan& plan) {
  if (plan.path == "-") {
    return fail(ErrorKind::usage, "standard output has the wakes, and can't have the dump too",
                "--save FILE; or wakepath record -o -, which prints nothing else");
  }
  return check_output(plan);
}

}  // namespace

Result<ExitCode> live(const LiveArguments& arguments, const std::string& line, Console& console) {
  const OutputPlan plan{arguments.save, arguments.force};
  if (!arguments.save.empty()) {
    WAKEPATH_CHECK(check_saving(plan));
  }
  WAKEPATH_TRY(auto run, CaptureRun::open(arguments.capture, line, console));
  std::unique_ptr<dump::DumpWriter> writer;
  if (!arguments.save.empty()) {
    WAKEPATH_TRY(writer, dump::DumpWriter::create(plan, OutputFile::Kind::growing));
    if (privilege::has_rights()) {
      WAKEPATH_CHECK(writer->keep_rights_for_names(privilege::name_files_only));
    }
  }
  privilege::capture_only(arguments.capture.guest.has_value());
  const bool saving = writer != nullptr;
  ResultView view(arguments.view, "live", console);
  SavingTee tee(std::move(writer), arguments.save, &view.records());

  unsigned rounds = 0;
  const auto go_on = [&]() -> Result<bool> {
    if (++rounds == kRoundsUntilNamed) {
      if (auto known = view.check_vms(); !known) {
        return tl::unexpected(known.error());
      }
    }
    if (auto written = console.out().flush(); !written) {
      return tl::unexpected(written.error());
    }
    return !tee.failed() && !view.abandoned();
  };

  ExitCode code = ExitCode::ok;
  if (auto done = run.run(tee, go_on); !done) {
    if (done.error().kind == ErrorKind::usage || done.error().kind == ErrorKind::bad_output) {
      return tl::unexpected(done.error());
    }
    code = console.report(done.error());
  }
  auto shown = view.finish();
  if (shown) {
    code = more_severe(code, *shown);
  } else {
    code = more_severe(code, console.report(shown.error()));
  }
  if (auto known = view.check_selection(); !known) {
    code = more_severe(code, console.report(known.error()));
  }
  if (saving) {
    if (auto totals = tee.close(); totals) {
      console.say("saved " + saved_text(arguments.save, *totals));
    } else {
      code = more_severe(code, console.report(totals.error()));
    }
  }
  return code;
}

}  // namespace wakepath::cli
