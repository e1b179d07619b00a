// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.hpp"

#include <algorithm>

#include "cli/commands.hpp"
#include "present/json.hpp"
#include "present/view.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

using doctor::Check;

const char* state_name(Check::State state) {
  switch (state) {
    case Check::State::ok:
      return "ok";
    case Check::State::warning:
      return "warning";
    case Check::State::missing:
      return "missing";
  }
  return "";
}

void print_json(const std::vector<Check>& checks, fmt::memory_buffer& out) {
  for (const Check& check : checks) {
    present::JsonWriter json(out);
    json.begin_object();
    json.field("type", "check");
    json.field("name", check.name);
    json.field("state", state_name(check.state));
    json.text_or_null("detail", check.detail);
    json.text_or_null("fix", check.fix);
    json.end_object();
    out.push_back('\n');
  }
}

void print_text(const std::vector<Check>& checks, fmt::memory_buffer& out) {
  const auto count = [&checks](Check::State state) {
    return static_cast<std::uint64_t>(std::ranges::count(checks, state, &Check::state));
  };
  const std::uint64_t missing = count(Check::State::missing);
  const std::uint64_t warnings = count(Check::State::warning);
  if (missing != 0) {
    fmt::format_to(fmt::appender(out), "This host can't capture now: {} missing.\n", missing);
  } else {
    fmt::format_to(fmt::appender(out), "This host can capture{}.\n",
                   warnings == 0 ? "" : ", with " + present::count_text(warnings, "warning"));
  }
  std::size_t width = 0;
  for (const Check& check : checks) {
    width = std::max(width, present::columns_of(escape_terminal(check.name)));
  }
  for (const Check& check : checks) {
    fmt::format_to(fmt::appender(out), "  {:<8} {:<{}}  {}\n", state_name(check.state),
                   escape_terminal(check.name), width, escape_terminal(check.detail));
    if (!check.fix.empty()) {
      fmt::format_to(fmt::appender(out), "  {:<8} {:<{}}  try: {}\n", "", "", width,
                     escape_terminal(check.fix));
    }
  }
}

ExitCode verdict(const std::vector<Check>& checks) {
  ExitCode code = ExitCode::ok;
  for (const Check& check : checks) {
    if (check.state == Check::State::missing) {
      const bool permission = check.name == "permission" || check.name == "lockdown";
      code = more_severe(code, permission ? ExitCode::not_permitted : ExitCode::unsupported);
    }
  }
  return code;
}

}  // namespace

Result<ExitCode> doctor(const DoctorArguments& arguments, Console& console) {
  const std::vector<Check> checks = doctor::examine(arguments.events);
  if (arguments.format == Format::ndjson) {
    print_json(checks, console.out().buffer());
  } else {
    print_text(checks, console.out().buffer());
  }
  return verdict(checks);
}

}  // namespace wakepath::cli
