// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "import/graph/graph_reader.hpp"
#include "import/registry.hpp"
#include "present/renderer.hpp"
#include "privilege/command_rights.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

Result<void> check_outline(const ImportArguments& arguments) {
  if (!arguments.output.empty()) {
    return fail(ErrorKind::usage, "--outline prints, and writes no --output", "leave out one");
  }
  return {};
}

Result<std::unique_ptr<foreign::graph::OutlineReader>> open_outline(const std::string& path,
                                                                    int stop_fd) {
  WAKEPATH_TRY(foreign::GivenFiles given, open_files_to_print(path));
  privilege::read_files_only();
  WAKEPATH_TRY(auto calls, foreign::open_calls(std::move(given), stop_fd));
  privilege::start_no_programs();
  if (calls == nullptr) {
    const std::string name = escape_terminal(path);
    return fail(
        ErrorKind::usage, name + " is of no function_graph, and has no calls to outline",
        fmt::format("wakepath replay --wakes {}, which shows the steps of each wake", name));
  }
  return std::make_unique<foreign::graph::OutlineReader>(std::move(calls));
}

}  // namespace

Result<ExitCode> import_outline(const ImportArguments& arguments, Console& console) {
  WAKEPATH_CHECK(check_outline(arguments));
  const Interrupt interrupt(Interrupt::soon());
  WAKEPATH_TRY(const auto reader, open_outline(arguments.file, interrupt.descriptor()));
  ExitCode code = ExitCode::ok;
  std::uint64_t number = 0;
  const auto renderer = present::make_renderer(arguments.format, {}, console.out(), console.err());
  while (!interrupt.asked() && !console.out().closed()) {
    const auto wakes = reader->read();
    if (!wakes && wakes.error().kind != ErrorKind::interrupted) {
      code = more_severe(code, console.report(wakes.error()));
    }
    if (!wakes || !*wakes) {
      break;
    }
    for (const OutlineWake& wake : **wakes) {
      ++number;
      if (arguments.wake != 0 && arguments.wake != number) {
        continue;
      }
      WAKEPATH_CHECK(renderer->outline(wake, number));
    }
    WAKEPATH_CHECK(console.out().flush());
  }
  WAKEPATH_CHECK(console.out().flush());
  if (interrupt.asked()) {
    console.say(arguments.file + ": interrupted before its end");
  }
  for (const std::string& problem : reader->problems()) {
    console.say(arguments.file + ": " + problem);
    code = more_severe(code, ExitCode::bad_input);
  }
  if (interrupt.asked()) {
    return code;
  }
  if (arguments.wake > number) {
    return fail(ErrorKind::usage,
                fmt::format("there is no wake {}, but {} of them", arguments.wake, number));
  }
  if (number == 0) {
    console.say(arguments.file + ": no wake of a vCPU is in it");
  }
  return code;
}

}  // namespace wakepath::cli
