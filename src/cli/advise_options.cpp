// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kAdviseExamples = R"(Examples:
  wakepath advise host7.wkp
  wakepath advise host7.wkp --vm web1 --format ndjson
  wakepath advise -d 30s                         this host, as it runs now)";

struct AdviseChoices {
  AdviseArguments advise;
  CaptureChoices capture;
};

}  // namespace

Subcommand add_advise(CLI::App& root) {
  CLI::App& app =
      add_command(root, "advise",
                  "Say what halt polling, idle states and placement would give, and cost, by a "
                  "recording, or by what this host does now",
                  kAdviseExamples);
  auto chosen = std::make_shared<AdviseChoices>();
  AdviseArguments* const advise = &chosen->advise;
  CLI::Option* const file =
      app.add_option("FILE", advise->file,
                     "The dump, or a trace as import reads it (default: capture here, as root)")
          ->type_name("");
  add_value(
      app, "-d,--duration", time_value(), [advise](Span value) { advise->duration = value; },
      "Capture here for so long (default 10s)")
      ->excludes(file);
  add_guest_options(app, chosen->capture);
  app.get_option("--guest")->excludes(file);
  app.option_defaults()->group("Output");
  app.add_option("--vm", advise->selection.vms,
                 "Only this VM, by name or process id; repeatable (default all)")
      ->type_name("NAME|PID")
      ->allow_extra_args(false);
  add_memory(app, advise->memory);
  add_progress(app);
  add_format(app, advise->format);
  add_color(app, advise->color);
  add_kallsyms(app, advise->kallsyms);
  return {&app, [chosen] {
            AdviseArguments made = chosen->advise;
            if (chosen->capture.guest_wanted) {
              made.guest = chosen->capture.guest;
            }
            return Result<Command>(std::move(made));
          }};
}

}  // namespace wakepath::cli
