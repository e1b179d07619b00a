// SPDX-License-Identifier: GPL-2.0-or-later
#include <utility>
#include <vector>

#include <fcntl.h>

#include "budget/budget_file.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "cli/result_view.hpp"
#include "host/read_file.hpp"
#include "util/escape.hpp"
#include "util/fd.hpp"

namespace wakepath::cli {

namespace {

tl::unexpected<Error> no_budget(const std::string& path) {
  return fail(ErrorKind::usage, "cannot read the budget " + escape_terminal(path),
              "name a file of targets and expressions in TOML: see EXAMPLES in man wakepath");
}

// Waits for its writer where it is a pipe.
Result<Fd> open_budget(const std::string& path) {
  Fd file;
  if (!path.empty()) {
    file = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) {
      return no_budget(path);
    }
  }
  return file;
}

Result<std::vector<BudgetLine>> read_budget(const std::string& path, const Fd& file) {
  if (path.empty()) {
    return std::vector<BudgetLine>{};
  }
  const auto text = host::read_open_file(file, budget::kMostBytes);
  return text ? budget::parse_budget(*text, path) : no_budget(path);
}

}  // namespace

Result<ExitCode> replay(const ReplayArguments& arguments, Console& console) {
  if (arguments.screen) {
    return screen_replay(arguments, console);
  }
  const Interrupt interrupt(Interrupt::soon());
  ViewArguments shown_so = arguments.view;
  shown_so.input = arguments.file;
  WAKEPATH_TRY(const Fd budget, open_budget(arguments.budget));
  WAKEPATH_TRY(foreign::GivenFiles given, open_files_to_print(arguments.file, arguments.kallsyms));
  WAKEPATH_TRY(const auto source, read_given(std::move(given), interrupt, [&]() -> Result<void> {
                 WAKEPATH_TRY(shown_so.pipeline.budget, read_budget(arguments.budget, budget));
                 return {};
               }));
  shown_so.pipeline.stopped = [&interrupt] { return interrupt.asked(); };
  ResultView view(shown_so, source->is_recording() ? "dump" : "import", console);
  ExitCode code = ExitCode::ok;
  std::optional<ReadProgress> progress(std::in_place, console, arguments.file, *source);
  WatchedSink records(view.records());
  for (bool go_on = true; go_on && !interrupt.asked() && !view.abandoned();) {
    auto more = source->pump(records);
    if (!more && more.error().kind == ErrorKind::bad_input && records.any()) {
      code = console.report(more.error());
    } else if (!more && more.error().kind != ErrorKind::interrupted) {
      return tl::unexpected(more.error());
    }
    go_on = more && *more;
    progress->tick();
    // It may come from a pipe, and the next of it late.
    WAKEPATH_CHECK(console.out().flush());
  }
  progress.reset();
  const Partial read = partial_of(*source, interrupt);
  auto shown = view.finish(read, read == Partial::no ? std::nullopt : source->part());
  if (!shown) {
    return tl::unexpected(shown.error());
  }
  code = more_severe(code, *shown);
  if (const std::string damage = view.record_damage(); !damage.empty()) {
    console.say(arguments.file + ": " + damage);
    code = more_severe(code, ExitCode::bad_input);
  }
  code = tell_of_input(*source, arguments.file, code, console);
  // A VM may be named after the place where an interrupted replay stopped.
  if (view.partial() != Partial::interrupted && !view.abandoned()) {
    if (auto known = view.check_selection(); !known) {
      code = more_severe(code, console.report(known.error()));
    }
  }
  return code;
}

}  // namespace wakepath::cli
