// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

using namespace std::chrono_literals;

constexpr const char* kExportExamples = R"(Examples:
  wakepath export host7.wkp --format sqlite -o host7.db
  wakepath export trace.dat --format csv --vm web1 --since 1.5s -o web1-tables
  wakepath export host7.wkp --format perfetto --target 200us -o host7.pftrace
  wakepath export host7.wkp --format folded -o - | flamegraph.pl --countname ns >host7.svg)";

auto export_format_value() {
  std::vector<std::pair<std::string, exports::Format>> choices;
  for (const exports::FormatName& one : exports::formats()) {
    choices.emplace_back(one.name, one.format);
  }
  return choice<exports::Format>("FORMAT", std::move(choices));
}

std::string export_format_help() {
  std::string text;
  for (const exports::FormatName& one : exports::formats()) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", one.name, one.about);
  }
  return text;
}

Result<Command> finish_export(const ExportArguments& exported) {
  if (exported.target_ns != 0 && exported.format != exports::Format::perfetto) {
    return fail(ErrorKind::usage, "--target is for --format perfetto: tables are asked by SQL");
  }
  if (exported.compress && exported.format != exports::Format::perfetto) {
    return fail(ErrorKind::usage,
                "--compress is for --format perfetto; pack tables with xz or zstd");
  }
  return Command(exported);
}

}  // namespace

Subcommand add_export(CLI::App& root) {
  CLI::App& app = add_command(root, "export", "Write the wakes of a recording for other tools",
                              kExportExamples);
  auto exported = std::make_shared<ExportArguments>();
  ExportArguments* const arguments = exported.get();
  app.add_option("FILE", exported->file, "The dump, or a trace as import reads it")
      ->required()
      ->type_name("");
  app.option_defaults()->group("Output");
  add_value(
      app, "--format", export_format_value(),
      [arguments](exports::Format value) { arguments->format = value; }, export_format_help())
      ->required();
  app.add_option("-o,--output", exported->output, "The file or directory to write")
      ->required()
      ->type_name("PATH");
  add_force(app, exported->force);
  add_selection(app, exported->selection);
  add_times(app, exported->selection);
  CLI::Option* const wake = add_value(
      app, "--wake", number_value(1, any_number),
      [arguments](std::uint64_t value) { arguments->selection.wake = value; },
      "Only the wake of this number, as replay gives it");
  add_value(
      app, "--around", time_value(),
      [arguments](Span value) { arguments->around_ns = static_cast<std::uint64_t>(value.count()); },
      "With --wake: also what was on its way so long before that wake and after it: 50ms")
      ->needs(wake);
  add_value(
      app, "--target", time_value(),
      [arguments](Span value) { arguments->target_ns = static_cast<std::uint64_t>(value.count()); },
      "With --format perfetto: count the wakes of each second that take longer: 200us");
  app.add_flag("--compress", exported->compress,
               "With --format perfetto: deflate its packets, about a quarter of the size; the "
               "page inflates them by itself");
  add_kallsyms(app, exported->kallsyms);
  add_memory(app, exported->memory);
  add_progress(app);
  return {&app, [exported] { return finish_export(*exported); }};
}

}  // namespace wakepath::cli
