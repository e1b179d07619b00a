// SPDX-License-Identifier: GPL-2.0-or-later
// The options that live and replay share: which wakes are shown, how, and what is judged.
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

using namespace std::chrono_literals;

auto format_value(bool judges) {
  std::vector<std::pair<std::string, Format>> choices;
  for (const present::FormatName& one : present::formats()) {
    if (judges || !one.cases) {
      choices.emplace_back(one.name, one.format);
    }
  }
  return choice<Format>("FORMAT", std::move(choices));
}

std::string format_help(bool judges) {
  std::string text;
  for (const present::FormatName& one : present::formats()) {
    if (!one.about.empty() && (judges || !one.cases)) {
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", one.name, one.about);
    }
  }
  return text + fmt::format(" (default {})", present::formats().front().name);
}

void add_format(CLI::App& app, Format& format, const std::string& lead, bool judges) {
  format = present::formats().front().format;
  add_value(
      app, "--format", format_value(judges), [&format](Format value) { format = value; },
      lead + format_help(judges));
}

auto verdict_value() {
  return Value{"EXPR", std::string(), [](const std::string& text) -> Result<std::string> {
                 WAKEPATH_CHECK(check_verdict(text));
                 return text;
               }};
}

auto culprits_value() {
  return Value{"CLASS", std::string(), [](const std::string& text) -> Result<std::string> {
                 WAKEPATH_CHECK(check_culprits(text));
                 return text;
               }};
}

void add_questions(CLI::App& app, ViewArguments& view) {
  PipelineOptions& pipeline = view.pipeline;
  add_value(
      app, "--target", time_value(),
      [&pipeline](Span value) { pipeline.target_ns = static_cast<std::uint64_t>(value.count()); },
      "Say how many wakes take longer; exit with 1 if the p99 of the total does: 200us");
  add_values(
      app, "--without", culprits_value(),
      [&pipeline](std::string text) { pipeline.without.push_back(std::move(text)); },
      "What the totals would be without it: 'task(hog)', 'idle_exit(2)', 'irq(57)', "
      "'stage(work_delay)'; repeatable, all at once");
  add_value(
      app, "--by",
      choice<Ranking>("KEY", {{"vm", Ranking::vm},
                              {"vcpu", Ranking::vcpu},
                              {"cpu", Ranking::cpu},
                              {"path", Ranking::path},
                              {"stage", Ranking::stage},
                              {"root", Ranking::root}}),
      [&pipeline](Ranking value) { pipeline.by = value; },
      "What the table of latencies has a line for: vm, vcpu, cpu, path, stage, root (default "
      "vcpu)");
  add_times(app, pipeline.selection);
  CLI::Option* const wake = add_value(
      app, "--wake", number_value(1, any_number),
      [&view](std::uint64_t value) {
        view.pipeline.selection.wake = value;
        view.wakes = true;
      },
      "Only the wake of this number, step by step");
  CLI::Option* const explain = app.add_flag(
      "--explain", view.explain,
      "Say why, of each second, the slowest wake was slow that is over the target, or, without "
      "one, longer than 99% of those of its path before and twice their median");
  add_value(
      app, "--worst", number_value(1, 10'000),
      [&view](std::uint64_t value) {
        view.pipeline.worst = value;
        view.wakes = true;
      },
      "Print the N slowest wakes step by step, and no others")
      ->excludes(explain)
      ->excludes(wake);
  app.add_flag("--histogram", view.histogram, "Print each step of the distribution, with counts");
  app.add_flag(
      "--heat-map", view.heat_map,
      "Print how many wakes were how long at which time; a terminal of 120 columns or more "
      "has it anyway");
  app.add_flag("--ascii", view.ascii,
               "Draw with letters (default where the terminal's locale has no UTF-8)");
  app.add_flag("-v,--verbose", view.verbose, "Print also what a reader in a hurry can do without");
  add_color(app, view.color);
}

}  // namespace

void add_color(CLI::App& app, Color& color) {
  add_value(
      app, "--color",
      choice<Color>(
          "WHEN", {{"auto", Color::automatic}, {"always", Color::always}, {"never", Color::never}}),
      [&color](Color value) { color = value; },
      "auto (a terminal, unless NO_COLOR is set), always or never (default auto)");
}

void add_format(CLI::App& app, Format& format, const std::string& lead) {
  add_format(app, format, lead, false);
}

void add_judged_format(CLI::App& app, Format& format) { add_format(app, format, "", true); }

CLI::Option* add_force(CLI::App& app, bool& force) {
  return app.add_flag("--force", force, "Replace a file that is there already");
}

void add_selection(CLI::App& app, Selection& selection) {
  app.add_option("--vm", selection.vms,
                 "Only this VM, by name or process id; repeatable (default all)")
      ->type_name("NAME|PID")
      ->allow_extra_args(false);
  add_values(
      app, "--vcpu", number_value(0, any_number),
      [&selection](std::uint64_t value) {
        selection.vcpus.push_back(static_cast<std::uint32_t>(value));
      },
      "Only this vCPU; repeatable (default all)");
  add_values(
      app, "--tid", number_value(0, any_number),
      [&selection](std::uint64_t value) {
        selection.tids.push_back(static_cast<std::uint32_t>(value));
      },
      "Only the vCPU of this thread; repeatable (default all)");
  add_value(
      app, "--cpu", cpus_value(),
      [&selection](const CpuSet& cpus) { selection.cpus = cpus.list(); },
      "Only wakes with a stage on one of these host CPUs: 0-3,8 (default all)");
  add_value(
      app, "--min-latency", time_or_zero(Span(1)),
      [&selection](Span value) {
        selection.min_latency_ns = static_cast<std::uint64_t>(value.count());
      },
      "Only wakes that took at least so long: 100us (default 0)");
}

void add_times(CLI::App& app, Selection& selection) {
  add_value(
      app, "--since", moment_value(),
      [&selection](Moment value) { selection.since = std::move(value); },
      "Only wakes that began then or later: 1.5s from the begin on, or 06:34:38.1 (UTC)");
  add_value(
      app, "--until", moment_value(),
      [&selection](Moment value) { selection.until = std::move(value); },
      "Only wakes that began before");
}

void add_view_options(CLI::App& app, ViewArguments& view) {
  Selection& selection = view.pipeline.selection;
  app.option_defaults()->group("Output");
  add_judged_format(app, view.format);
  app.add_flag("--wakes", view.wakes,
               "Print every wake step by step; a live capture then has guest exits too");
  add_value(
      app, "--interval", time_or_zero(1ms),
      [&view](Span value) {
        view.pipeline.interval_ns = static_cast<std::uint64_t>(value.count());
      },
      fmt::format("A table for each so much of captured time; 0: none (default {})",
                  view.pipeline.interval_ns == 0 ? "0" : "1s"));
  add_selection(app, selection);
  add_value(
      app, "--top", number_value(0, any_number), [&view](std::uint64_t value) { view.top = value; },
      "Paths in a table, those with the worst p99; 0: all (default 20)");
  add_questions(app, view);
  add_values(
      app, "--fail-on", verdict_value(),
      [&view](std::string text) { view.fail_on.push_back(std::move(text)); },
      "Exit with 1 if this holds at the end: 'p99(total) > 200us'; repeatable");
}

}  // namespace wakepath::cli
