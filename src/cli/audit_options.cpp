// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "cli/options.hpp"
#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

// nullopt: never
Result<std::optional<Severity>> parse_severity(const std::string& text) {
  using enum Severity;
  for (const Severity severity : {info, warning, error}) {
    if (text == name_of(severity)) {
      return std::optional(severity);
    }
  }
  if (text == "never") {
    return std::optional<Severity>{};
  }
  return fail(ErrorKind::usage, "no severity '" + escape_terminal(text) + "'",
              "info, warning, error or never");
}

}  // namespace

void add_audit(CLI::App& app, AuditArguments& audit) {
  CLI::Option* file =
      app.add_option("RECORDING", audit.file, "Judge what this dump observed, not this host")
          ->type_name("");
  app.option_defaults()->group("What is judged");
  add_parsed(
      app, "--for", "TIME",
      [](const std::string& text) {
        return text == "0" ? Result<std::chrono::nanoseconds>(0) : parse_span(text);
      },
      [&](auto value) { audit.duration = value; },
      "Observe for so long; 0: read the settings alone (default 10s)")
      ->excludes(file);
  app.add_option("--root", audit.root,
                 "Read the settings below this directory, a copy of /proc and /sys (default /)")
      ->type_name("DIR");
  add_parsed(
      app, "--isolated", "LIST", [](const std::string& text) { return CpuSet::parse(text); },
      [&](CpuSet cpus) { audit.isolated = std::move(cpus); },
      "CPUs that are to be free of all but guests: 2-5,8 (default: as the settings say)");
  app.add_option("--vm", audit.vm, "Judge the CPUs and threads of this VM (default all)")
      ->type_name("NAME");
  app.option_defaults()->group("Output");
  add_parsed(
      app, "--fail-at", "SEVERITY", parse_severity, [&](auto value) { audit.fail_at = value; },
      "Exit code 1 if a finding is so grave: info, warning, error or never (default warning)");
  app.add_flag("--all", audit.all, "Show all findings, however many there are");
  add_format(app, audit.format, "table for people, or ndjson: one JSON object a finding");
}

}  // namespace wakepath::cli
