// SPDX-License-Identifier: GPL-2.0-or-later
// The options that live and replay share: which wakes are shown, how, and what is judged.
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

using namespace std::chrono_literals;

auto format_value() {
  std::vector<std::pair<std::string, Format>> choices;
  for (const present::FormatName& one : present::formats()) {
    choices.emplace_back(one.name, one.format);
  }
  return choice<Format>("FORMAT", std::move(choices));
}

std::string format_help() {
  std::string text;
  for (const present::FormatName& one : present::formats()) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", one.name, one.about);
  }
  return text + fmt::format(" (default {})", present::formats().front().name);
}

auto verdict_value() {
  return Value{"EXPR", std::string(), [](const std::string& text) -> Result<std::string> {
                 WAKEPATH_CHECK(check_verdict(text));
                 return text;
               }};
}

}  // namespace

void add_format(CLI::App& app, Format& format, const std::string& lead) {
  format = present::formats().front().format;
  add_value(
      app, "--format", format_value(), [&format](Format value) { format = value; },
      lead + format_help());
}

CLI::Option* add_force(CLI::App& app, bool& force) {
  return app.add_flag("--force", force, "Replace a file that is there already");
}

void add_view_options(CLI::App& app, ViewArguments& view) {
  Selection& selection = view.pipeline.selection;
  app.option_defaults()->group("Output");
  add_format(app, view.format);
  app.add_flag("--wakes", view.wakes,
               "Print every wake step by step; a live capture then has guest exits too");
  add_value(
      app, "--interval", time_or_zero(1ms),
      [&view](Span value) {
        view.pipeline.interval_ns = static_cast<std::uint64_t>(value.count());
      },
      "A table for each so much of captured time; 0: none (default 1s)");
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
  add_value(
      app, "--top", number_value(0, any_number), [&view](std::uint64_t value) { view.top = value; },
      "Paths in a table, those with the worst p99; 0: all (default 20)");
  add_values(
      app, "--fail-on", verdict_value(),
      [&view](std::string text) { view.fail_on.push_back(std::move(text)); },
      "Exit with 1 if this holds at the end: 'p99(total) > 200us'; repeatable");
}

}  // namespace wakepath::cli
