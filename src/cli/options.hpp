// SPDX-License-Identifier: GPL-2.0-or-later
// The subcommands' options, a file each, and those that several have.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/arguments.hpp"
#include "cli/option_values.hpp"

namespace wakepath::cli {

// A subcommand, and what gives its arguments once its options have been read.
struct Subcommand {
  CLI::App* app{};
  std::function<Result<Command>()> arguments;
};

Subcommand add_live(CLI::App& root);
Subcommand add_record(CLI::App& root);
Subcommand add_replay(CLI::App& root);
Subcommand add_explain(CLI::App& root);
Subcommand add_advise(CLI::App& root);
Subcommand add_compare(CLI::App& root);
Subcommand add_import(CLI::App& root);
Subcommand add_anonymize(CLI::App& root);
Subcommand add_export(CLI::App& root);
Subcommand add_report(CLI::App& root);
Subcommand add_info(CLI::App& root);
Subcommand add_irqs(CLI::App& root);
Subcommand add_audit(CLI::App& root);
Subcommand add_doctor(CLI::App& root);

CLI::App& add_command(CLI::App& root, const std::string& name, const std::string& about,
                      const char* examples);

inline constexpr std::uint64_t any_number = std::numeric_limits<std::uint32_t>::max();

// What to capture, as it is written: it becomes a CaptureArguments when all options are known.
struct CaptureChoices {
  CaptureArguments capture;
  guest::Options guest;
  bool guest_wanted{false};
  bool exits{false};
  std::string events{"default"};
  bool settings{true};  // of the host, into a recording
};
void add_guest_options(CLI::App& app, CaptureChoices& options);
void add_capture_options(CLI::App& app, CaptureChoices& options);
// `output`: the option that names the directory.
void add_recorder_options(CLI::App& app, RecorderArguments& recorder, CLI::Option* output);
void add_no_settings(CLI::App& app, CaptureChoices& options, const std::string& help);
Result<CaptureArguments> finish(const CaptureChoices& options);

void add_events(CLI::App& app, std::string& events);
void add_color(CLI::App& app, Color& color);
// Of which vCPUs and CPUs, and how long: --vm, --vcpu, --tid, --cpu, --min-latency.
void add_selection(CLI::App& app, Selection& selection);
// --since, --until.
void add_times(CLI::App& app, Selection& selection);
void add_view_options(CLI::App& app, ViewArguments& view);
// `lead` begins the text of --help.
void add_format(CLI::App& app, Format& format, const std::string& lead = "");
// Of a command that judges: also the forms that tell what was judged.
void add_judged_format(CLI::App& app, Format& format);
// Of a command that writes a file.
CLI::Option* add_force(CLI::App& app, bool& force);
void add_kallsyms(CLI::App& app, std::string& kallsyms);
void add_memory(CLI::App& app, std::uint64_t& memory);
// Of a command that may take long: --progress, which parse_arguments() reads.
void add_progress(CLI::App& app);

}  // namespace wakepath::cli
