// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kReplayExamples = R"(Examples:
  wakepath replay host7.wkp
  wakepath replay host7.wkp --vm web1 --vcpu 0 --wakes
  wakepath replay host7.wkp --format ndjson --fail-on 'p99(wake_delay) > 100us' --fail-on 'lost > 0')";

}  // namespace

Subcommand add_replay(CLI::App& root) {
  CLI::App& app =
      add_command(root, "replay",
                  "Show and judge what a recording or a foreign trace holds; needs no privilege",
                  kReplayExamples);
  auto replay = std::make_shared<ReplayArguments>();
  app.add_option("FILE", replay->file, "The dump, or a trace as import reads it")
      ->required()
      ->type_name("");
  add_view_options(app, replay->view);
  add_kallsyms(app, replay->kallsyms);
  return {&app, [replay] { return Result<Command>(*replay); }};
}

}  // namespace wakepath::cli
