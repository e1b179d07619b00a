// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kReportExamples = R"(Examples:
  wakepath report host7.wkp --target 200us               writes host7.html
  wakepath report before.wkp after.wkp                   with what changed: after.html
  wakepath report trace.dat --vm web1 --worst 50 -o web1.html
  xz -dc host7.wkp.xz | wakepath report - -o - >host7.html)";

Result<Command> finish_report(ReportArguments report, const std::vector<std::string>& files) {
  if (files.size() > 2) {
    return fail(ErrorKind::usage,
                fmt::format("report takes one recording or two, not {}", files.size()),
                "wakepath report --help");
  }
  report.file = files.back();
  report.before = files.size() == 2 ? files.front() : "";
  if (report.file == report.before && report.file == "-") {
    return fail(ErrorKind::usage, "standard input can't be both recordings");
  }
  return Command(std::move(report));
}

}  // namespace

Subcommand add_report(CLI::App& root) {
  CLI::App& app = add_command(root, "report",
                              "Write a report of a recording to send: one HTML file that asks for "
                              "nothing else",
                              kReportExamples);
  auto report = std::make_shared<ReportArguments>();
  ReportArguments* const arguments = report.get();
  auto files = std::make_shared<std::vector<std::string>>();
  app.add_option("FILE", *files,
                 "The dump, or a trace as import reads it; of two, the first is what the other is "
                 "compared with")
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
  add_progress(app);
  return {&app, [report, files] { return finish_report(*report, *files); }};
}

}  // namespace wakepath::cli
