// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kAuditExamples = R"(Examples:
  wakepath audit                                 ten seconds, and this host's settings
  wakepath audit --for 1m --vm web1 --format ndjson
  wakepath audit --root copy-of-a-host           its settings alone, from /proc and /sys
  wakepath audit --root host.tar.zst             the same, as irqs --snapshot wrote it
  wakepath audit --watch                         what is wrong now, until q
  wakepath audit slow.wkp                        a recording, and its host's settings)";

// nullopt: never
auto severity_value() {
  using enum Severity;
  using Limit = std::optional<Severity>;
  return choice<Limit>(
      "SEVERITY", {{"info", info}, {"warning", warning}, {"error", error}, {"never", Limit{}}});
}

Result<Command> finish_audit(const AuditArguments& arguments, bool duration_given) {
  AuditArguments audit = arguments;
  if (audit.watch && audit.format != Format::table && audit.format != Format::ndjson) {
    return fail(ErrorKind::usage, "--watch has no end for this format to judge",
                "--format ndjson; or leave out --watch");
  }
  if (audit.watch && !duration_given) {
    audit.duration.reset();
  }
  return audit;
}

}  // namespace

Subcommand add_audit(CLI::App& root) {
  CLI::App& app =
      add_command(root, "audit", "Say what runs, or may run, on CPUs that are kept free for guests",
                  kAuditExamples);
  auto arguments = std::make_shared<AuditArguments>();
  AuditArguments& audit = *arguments;
  CLI::Option* file =
      app.add_option("RECORDING", audit.file, "Judge what this dump observed, not this host")
          ->type_name("");
  app.option_defaults()->group("What is judged");
  CLI::Option* const duration = add_value(
      app, "--for", time_or_zero(Span(1)), [&audit](Span value) { audit.duration = value; },
      "Observe for so long; 0: read the settings alone (default 10s)");
  duration->excludes(file);
  app.add_option("--root", audit.root,
                 "Read the settings below this directory, a copy of /proc and /sys (default /), or "
                 "from a tar archive of one, packed or not")
      ->type_name("DIR|FILE");
  add_value(
      app, "--isolated", cpus_value(), [&audit](CpuSet cpus) { audit.isolated = std::move(cpus); },
      "CPUs that are to be free of all but guests, beside those that the settings isolate: 2-5,8");
  app.add_option("--vm", audit.vm, "Judge the CPUs and threads of this VM (default all)")
      ->type_name("NAME");
  app.option_defaults()->group("Output");
  add_value(
      app, "--fail-at", severity_value(), [&audit](auto value) { audit.fail_at = value; },
      "Exit code 1 if a finding is at least this severe, or a rule that could find one lacks its "
      "input: info, warning, error or never (default warning)");
  app.add_flag("--all", audit.all,
               "Show all findings, and name all rules that were not checked, however many");
  CLI::Option* const watch =
      app.add_flag(
             "--watch", audit.watch,
             "Observe until Ctrl-C, or --for so long, and show again and again what is wrong; "
             "on a terminal a screen with keys: ?")
          ->excludes(file);
  app.add_flag("--plain", audit.plain, "Print text with --watch on a terminal too")->needs(watch);
  add_value(
      app, "--interval", time_value(Span(100'000'000), std::chrono::hours(24)),
      [&audit](Span value) { audit.interval = value; }, "How often --watch looks (default 2s)")
      ->needs(watch);
  add_memory(app, audit.memory);
  add_progress(app);
  add_judged_format(app, audit.format);
  return {&app, [arguments, duration] { return finish_audit(*arguments, duration->count() != 0); }};
}

}  // namespace wakepath::cli
