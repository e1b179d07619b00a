// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cli/capture_run.hpp"
#include "cli/commands.hpp"
#include "cli/recorder_run.hpp"
#include "cli/result_view.hpp"
#include "cli/screen_session.hpp"
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

// Where somebody looks on who can press keys.
bool wants_screen(const LiveArguments& arguments, const Console& console) {
  return !arguments.plain && arguments.view.format == Format::table && !arguments.view.wakes &&
         !arguments.view.explain && can_show_screen(console);
}

// nullptr: there is none, and tables are printed.
std::unique_ptr<ScreenSession> open_screen(const LiveArguments& arguments, Console& console) {
  if (!wants_screen(arguments, console)) {
    return nullptr;
  }
  screen::ScreenOptions options;
  const std::uint64_t target = arguments.view.pipeline.target_ns;
  options.target_ns = target == 0 ? options.target_ns : target;
  options.ascii = arguments.view.ascii;
  auto session = ScreenSession::open(options, is_colored(arguments.view.color, console));
  // A terminal of a kind that is not known gets tables: they are enough.
  return session ? std::move(*session) : nullptr;
}

Result<void> poll(RecorderRun& recorder, ScreenSession* session, Console& console) {
  WAKEPATH_CHECK(recorder.poll([&](const std::string& text) {
    if (session != nullptr) {
      session->screen().say(text);
    } else {
      console.say(text);
    }
  }));
  if (session != nullptr) {
    session->screen().model().set_recorder({recorder.kept(), recorder.bytes(), recorder.limit()});
  }
  return {};
}

// What became of it.
std::string save_wake(const WakeChain* wake, const std::string& directory, RecorderRun& recorder) {
  if (wake == nullptr) {
    return "no wake of this line is kept";
  }
  return recorder.save(*wake)
             ? fmt::format("keeps wake #{} in {}", wake->id, directory)
             : fmt::format("wake #{} is too long ago: the recorder has let go of it (--before)",
                           wake->id);
}

// False: the user quits.
bool take_keys(ScreenSession& session, const std::string& save, RecorderRun* recorder) {
  for (const screen::Wish wish : session.round()) {
    if (wish == screen::Wish::quit) {
      return false;
    }
    const screen::KeptWake wake = session.screen().chosen_wake();
    const bool keeps = wish == screen::Wish::record || wish == screen::Wish::save;
    if (recorder != nullptr && wish == screen::Wish::record) {
      recorder->save();
      session.screen().say("keeps what is there now in " + save);
    } else if (recorder != nullptr && (keeps || wish == screen::Wish::to_file)) {
      session.screen().say(save_wake(wake.get(), save, *recorder));
    } else if (wish == screen::Wish::to_file) {
      session.screen().say(
          save.empty() ? std::string("only what is recorded can be given on: live --save FILE")
          : wake ? fmt::format("when this is over: wakepath replay {} --format ndjson --wake {}",
                               save, wake->id)
                 : std::string("no wake of this line is kept"));
    } else if (keeps) {
      session.screen().say(save.empty() ? "nothing is recorded: live --save FILE records it all"
                                        : "all is recorded to " + save);
    }
    session.refresh();
  }
  return !session.closed();
}

}  // namespace

Result<ExitCode> live(const LiveArguments& arguments, const std::string& line, Console& console) {
  const bool recorder_saves = !arguments.recorder.on.empty();
  const bool saving = !arguments.save.empty() && !recorder_saves;
  const OutputPlan plan{arguments.save, arguments.force};
  if (saving) {
    WAKEPATH_CHECK(check_saving(plan));
  }
  WAKEPATH_TRY(auto run, CaptureRun::open(arguments.capture, line, console));
  std::unique_ptr<RecorderRun> recorder;
  ViewArguments view_arguments = arguments.view;
  view_arguments.input = saving ? arguments.save : std::string();
  if (recorder_saves) {
    WAKEPATH_TRY(recorder, RecorderRun::start(arguments.recorder, arguments.save, console));
    view_arguments.pipeline.wake_told = [&recorder](const WakeChain& chain) {
      recorder->wake(chain);
    };
  }
  std::unique_ptr<dump::DumpWriter> writer;
  if (saving) {
    WAKEPATH_TRY(writer, dump::DumpWriter::create(plan, OutputFile::Kind::growing));
    if (privilege::has_rights()) {
      WAKEPATH_CHECK(writer->keep_rights_for_names(privilege::name_files_only));
    }
  }
  const std::unique_ptr<ScreenSession> session = open_screen(arguments, console);
  privilege::capture_only(arguments.capture.guest.has_value());
  if (session) {
    session->start();
  }
  ResultView view(view_arguments, "live", console, session ? &session->screen().model() : nullptr);
  SavingTee tee(std::move(writer), arguments.save, &view.records());
  RecordSink* first = &tee;
  if (recorder) {
    WAKEPATH_TRY(first, recorder->before(tee));
  }

  unsigned rounds = 0;
  const auto go_on = [&]() -> Result<bool> {
    if (++rounds == kRoundsUntilNamed) {
      if (auto known = view.check_vms(); !known) {
        return tl::unexpected(known.error());
      }
    }
    if (recorder) {
      WAKEPATH_CHECK(poll(*recorder, session.get(), console));
    }
    if (auto written = console.out().flush(); !written) {
      return tl::unexpected(written.error());
    }
    const bool goes_on = !session || take_keys(*session, arguments.save, recorder.get());
    return goes_on && !tee.failed() && !view.abandoned();
  };

  ExitCode code = ExitCode::ok;
  auto done = run.run(*first, go_on);
  if (session) {
    session->close();
  }
  if (!done) {
    if (done.error().kind == ErrorKind::usage || done.error().kind == ErrorKind::bad_output) {
      if (recorder) {
        recorder->finish();  // what was captured is kept all the same
      }
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
  if (recorder) {
    code = more_severe(code, recorder->finish());
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
