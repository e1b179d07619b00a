// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kReplayExamples = R"(Examples:
  wakepath replay host7.wkp
  wakepath replay host7.wkp --screen
  wakepath replay host7.wkp --target 200us --without 'task(hog)'
  wakepath replay host7.wkp --vm web1 --vcpu 0 --worst 3
  wakepath replay host7.wkp --format ndjson --fail-on 'p99(wake_delay) > 100us' --fail-on 'lost > 0'
  wakepath replay host7.wkp --budget wakepath.toml --format junit >wakepath.xml)";

}  // namespace

Subcommand add_replay(CLI::App& root) {
  CLI::App& app =
      add_command(root, "replay",
                  "Show and judge what a recording or a foreign trace holds; needs no privilege",
                  kReplayExamples);
  auto replay = std::make_shared<ReplayArguments>();
  replay->view.pipeline.interval_ns = 0;
  app.add_option("FILE", replay->file, "The dump, or a trace as import reads it")
      ->required()
      ->type_name("");
  add_view_options(app, replay->view);
  app.add_flag("--breach", replay->view.pipeline.selection.breach,
               "Only the wakes that a recorder waited for: see record --on");
  app.add_option("--budget", replay->budget,
                 "Judge by the targets and expressions of this file (TOML), by VM, vCPU and path; "
                 "exit with 1 unless all pass")
      ->type_name("FILE");
  CLI::Option* const screen = app.add_flag(
      "--screen", replay->screen, "Walk through it in time, on this terminal; ? lists the keys");
  // It shows nothing of these, and judges nothing.
  for (const char* const other : {"--budget", "--fail-on", "--format", "--wakes", "--explain"}) {
    screen->excludes(other);
  }
  app.add_option("--save", replay->save,
                 "With --screen: the key w saves the chosen wake, and the time around it, as a "
                 "recording in DIR")
      ->type_name("DIR")
      ->needs(screen);
  add_kallsyms(app, replay->kallsyms);
  add_memory(app, replay->memory);
  add_progress(app);
  return {&app, [replay] { return Result<Command>(*replay); }};
}

}  // namespace wakepath::cli
