// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kExplainExamples = R"(Examples:
  wakepath explain host7.wkp                     the slowest wake
  wakepath explain host7.wkp --wake 207
  wakepath explain host7.wkp --at 06:34:38.1 --vm web1)";

}  // namespace

Subcommand add_explain(CLI::App& root) {
  CLI::App& app =
      add_command(root, "explain",
                  "Say why one wake was slow: by whom, how sure that is, and what else it was not",
                  kExplainExamples);
  auto explain = std::make_shared<ExplainArguments>();
  app.add_option("FILE", explain->file, "The dump, or a trace as import reads it")
      ->required()
      ->type_name("");
  app.option_defaults()->group("Output");
  CLI::Option* const worst =
      app.add_flag("--worst", explain->worst, "The slowest wake (the default)");
  CLI::Option* const wake = add_value(
      app, "--wake", number_value(1, any_number),
      [explain](std::uint64_t value) { explain->wake = value; },
      "The wake of this number, as replay gives it");
  CLI::Option* const at = add_value(
      app, "--at", moment_value(), [explain](Moment value) { explain->at = std::move(value); },
      "The wake that was on its way then: 1.5s from the begin on, or 06:34:38.1 (UTC)");
  worst->excludes(wake)->excludes(at);
  wake->excludes(at);
  app.add_option("--vm", explain->selection.vms,
                 "Only wakes of this VM, by name or process id; repeatable (default all)")
      ->type_name("NAME|PID")
      ->allow_extra_args(false);
  add_values(
      app, "--vcpu", number_value(0, any_number),
      [explain](std::uint64_t value) {
        explain->selection.vcpus.push_back(static_cast<std::uint32_t>(value));
      },
      "Only wakes of this vCPU; repeatable (default all)");
  add_memory(app, explain->memory);
  add_progress(app);
  add_format(app, explain->format);
  add_color(app, explain->color);
  add_kallsyms(app, explain->kallsyms);
  return {&app, [explain] { return Result<Command>(*explain); }};
}

}  // namespace wakepath::cli
