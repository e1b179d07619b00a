// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "cli/result_view.hpp"

namespace wakepath::cli {

Result<ExitCode> replay(const ReplayArguments& arguments, Console& console) {
  const Interrupt interrupt;
  WAKEPATH_TRY(const auto source, open_to_print(arguments.file, arguments.kallsyms, interrupt));
  ResultView view(arguments.view, source->is_recording() ? "dump" : "import", console);
  ExitCode code = ExitCode::ok;
  for (bool go_on = true; go_on && !interrupt.asked() && !view.abandoned();) {
    auto more = source->pump(view.records());
    if (!more && more.error().kind == ErrorKind::bad_input) {
      code = console.report(more.error());
    } else if (!more && more.error().kind != ErrorKind::interrupted) {
      return tl::unexpected(more.error());
    }
    go_on = more && *more;
    // It may come from a pipe, and the next of it late.
    WAKEPATH_CHECK(console.out().flush());
  }
  const Partial partial = partial_of(*source, interrupt);
  auto shown = view.finish(partial, partial == Partial::no ? std::nullopt : source->part());
  if (!shown) {
    return tl::unexpected(shown.error());
  }
  code = more_severe(code, *shown);
  for (const std::string& remark : source->remarks()) {
    console.say(arguments.file + ": " + remark);
  }
  for (const std::string& problem : source->problems()) {
    console.say(arguments.file + ": " + problem);
    code = more_severe(code, ExitCode::bad_input);
  }
  // A VM may be named after the place where an interrupted replay stopped.
  if (partial != Partial::interrupted && !view.abandoned()) {
    if (auto known = view.check_selection(); !known) {
      code = more_severe(code, console.report(known.error()));
    }
  }
  return code;
}

}  // namespace wakepath::cli
