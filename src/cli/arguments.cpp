// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/arguments.hpp"

#include <algorithm>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/options.hpp"
#include "cli/usage_error.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kExitCodes =
    R"(Exit codes: 0 done, 1 a verdict (--fail-on, --target, --budget, compare, audit) failed or is not judged,
            2 wrong usage, 3 this host can't do it, 4 not permitted, 5 input damaged, 6 output not written,
            70 a bug, 130 interrupted.   See wakepath(1).)";

constexpr std::size_t kHelpColumn = 26;
constexpr const char* kProgress = "--progress";

Result<Command> parse(int argc, const char* const* argv, bool& progress) {
  CLI::App root{
      "Shows for every wake of every vCPU the path from its cause to the guest, and where each "
      "nanosecond went.",
      "wakepath"};
  root.set_version_flag("--version", "wakepath " WAKEPATH_VERSION, "Print the version");
  root.require_subcommand(1);
  root.footer(kExitCodes);
  root.get_formatter()->column_width(kHelpColumn);
  const std::vector<Subcommand> commands{
      add_live(root),    add_record(root), add_replay(root),    add_explain(root), add_advise(root),
      add_compare(root), add_import(root), add_anonymize(root), add_export(root),  add_report(root),
      add_info(root),    add_irqs(root),   add_audit(root),     add_doctor(root)};
  // CLI11 says of a mistyped subcommand only that one is required.
  const auto is_named = [&](const Subcommand& one) { return one.app->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && std::ranges::none_of(commands, is_named)) {
    return tl::unexpected(no_such_command(root, argv[1]));
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return TextOnly{root.help()};
  } catch (const CLI::CallForVersion& version) {
    return TextOnly{std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(explain(root, error));
  }
  const auto given =
      std::ranges::find_if(commands, [](const Subcommand& one) { return one.app->parsed(); });
  const CLI::Option* const lines = given->app->get_option_no_throw(kProgress);
  progress = lines != nullptr && !lines->empty();
  return given->arguments();
}

}  // namespace

CLI::App& add_command(CLI::App& root, const std::string& name, const std::string& about,
                      const char* examples) {
  CLI::App* command = root.add_subcommand(name, about);
  command->footer(examples);
  command->get_formatter()->column_width(kHelpColumn);
  return *command;
}

void add_progress(CLI::App& app) {
  const std::string help =
      "Say now and then how far it is, in lines for a log; without it, what takes more than a "
      "second "
      "shows a bar on a terminal";
  app.add_flag(kProgress, help);
}

Result<Arguments> parse_arguments(int argc, const char* const* argv) {
  Arguments arguments;
  arguments.line = "wakepath";
  for (int i = 1; i < argc; ++i) {
    arguments.line += std::string(" ") + argv[i];
  }
  WAKEPATH_TRY(arguments.command, parse(argc, argv, arguments.progress));
  return arguments;
}

}  // namespace wakepath::cli
