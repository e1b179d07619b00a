// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "cli/result_view.hpp"

namespace wakepath::cli {

Result<ExitCode> replay(const ReplayArguments& arguments, Console& console) {
  WAKEPATH_TRY(const auto source, open_to_print(arguments.file, {arguments.kallsyms}));
  const Interrupt interrupt;
  ResultView view(arguments.view, source->is_recording() ? "dump" : "import", console);
  ExitCode code = ExitCode::ok;
  bool whole = true;
  while (true) {
    auto more = source->pump(view.records());
    if (!more) {
      if (more.error().kind != ErrorKind::bad_input) {
        return tl::unexpected(more.error());
      }
      code = console.report(more.error());
      break;
    }
    if (!*more) {
      break;
    }
    if (interrupt.asked() || view.abandoned()) {
      whole = false;
      break;
    }
  }
  auto shown = view.finish();
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
  if (whole) {
    if (auto known = view.check_selection(); !known) {
      code = more_severe(code, console.report(known.error()));
    }
  }
  return code;
}

}  // namespace wakepath::cli
