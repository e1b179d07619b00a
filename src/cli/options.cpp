// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

#include "util/duration.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

Result<Format> parse_format(const std::string& text) {
  std::string names;
  for (const present::FormatName& one : present::formats()) {
    if (text == one.name) {
      return one.format;
    }
    names += (names.empty() ? "" : " or ") + std::string(one.name);
  }
  return fail(ErrorKind::usage, "no format '" + escape_terminal(text) + "'", names);
}

}  // namespace

Result<std::chrono::nanoseconds> parse_span(const std::string& text) {
  auto ns = parse_duration(text);
  if (!ns) {
    return tl::unexpected(ns.error());
  }
  if (*ns == 0 || *ns > static_cast<std::uint64_t>(std::chrono::nanoseconds::max().count())) {
    return fail(ErrorKind::usage, "a time of " + escape_terminal(text) + " makes no sense here");
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(*ns));
}

void add_format(CLI::App& app, Format& format, const std::string& what) {
  add_parsed(
      app, "--format", "FORMAT", parse_format, [&format](Format value) { format = value; },
      what + " (default table)");
}

void add_view(CLI::App& app, ViewArguments& view) {
  app.option_defaults()->group("Output");
  add_format(app, view.format, "table for people, or ndjson: one JSON object a line");
  app.add_flag("--wakes", view.wakes,
               "Print every wake step by step; a live capture then has guest exits too");
  add_parsed(
      app, "--interval", "TIME",
      [](const std::string& text) -> Result<std::uint64_t> {
        auto ns = text == "0" ? Result<std::uint64_t>(0) : parse_duration(text);
        if (ns && *ns != 0 && *ns < 1'000'000) {
          return fail(ErrorKind::usage, "an interval of " + escape_terminal(text) + " is too short",
                      "1ms or more");
        }
        return ns;
      },
      [&](std::uint64_t value) { view.pipeline.interval_ns = value; },
      "A table for each so much of captured time; 0: none (default 1s)");
  app.add_option("--vm", view.pipeline.selection.vms, "Only this VM; repeatable (default all)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--vcpu", view.pipeline.selection.vcpus,
                 "Only this vCPU; repeatable (default all)")
      ->type_name("N")
      ->allow_extra_args(false);
  add_parsed(
      app, "--cpu", "LIST", [](const std::string& text) { return CpuSet::parse(text); },
      [&](const CpuSet& cpus) { view.pipeline.selection.cpus = cpus.list(); },
      "Only wakes with a stage on one of these host CPUs: 0-3,8 (default all)");
  add_parsed(
      app, "--min-latency", "TIME", [](const std::string& text) { return parse_duration(text); },
      [&](std::uint64_t value) { view.pipeline.selection.min_latency_ns = value; },
      "Only wakes that took at least so long: 100us (default 0)");
  app.add_option("--top", view.top,
                 "Paths in a table, those with the worst p99; 0: all (default 20)")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--fail-on", view.fail_on,
                 "Exit with 1 if this holds at the end: 'p99(total) > 200us'; repeatable")
      ->type_name("EXPR")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        const auto known = check_verdict(text);
        return known ? std::string{} : known.error().message + "; " + known.error().fix;
      });
}

}  // namespace wakepath::cli
