// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kReportExamples = R"(Examples:
  wakepath report host7.wkp --target 200us               writes host7.html
  wakepath report trace.dat --vm web1 --worst 50 -o web1.html
  xz -dc host7.wkp.xz | wakepath report - -o - >host7.html)";

}  // namespace

Subcommand add_report(CLI::App& root) {
  CLI::App& app = add_command(root, "report",
                              "Write a report of a recording to send: one HTML file that asks for "
                              "nothing else",
                              kReportExamples);
  auto report = std::make_shared<ReportArguments>();
  ReportArguments* const arguments = report.get();
  app.add_option("FILE", report->file, "The dump, or a trace as import reads it")
      ->required()
      ->type_name("");
  app.option_defaults()->group("Output");
  app.add_option("-o,--output", report->output,
                 "The file to write (default: the name of FILE with .html, here)")
      ->type_name("PATH");
  add_force(app, report->force);
  add_value(
      app, "--worst", number_value(1, 1000),
      [arguments](std::uint64_t value) { arguments->worst = value; },
      "Show so many of the slowest wakes whole, with what their CPUs did (default 20)");
  add_value(
      app, "--target", time_value(),
      [arguments](Span value) { arguments->target_ns = static_cast<std::uint64_t>(value.count()); },
      "Say how many wakes take longer; exit with 1 if the p99 of the total does: 200us");
  add_selection(app, report->selection);
  add_times(app, report->selection);
  add_kallsyms(app, report->kallsyms);
  add_memory(app, report->memory);
  return {&app, [report] { return Result<Command>(*report); }};
}

}  // namespace wakepath::cli
