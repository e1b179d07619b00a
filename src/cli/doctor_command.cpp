// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.hpp"

#include "cli/commands.hpp"
#include "present/renderer.hpp"

namespace wakepath::cli {

namespace {

using doctor::Check;

present::DoctorReport::State state_of(Check::State state) {
  using enum present::DoctorReport::State;
  switch (state) {
    case Check::State::ok:
      return ok;
    case Check::State::warning:
      return warning;
    case Check::State::missing:
      return missing;
  }
  return ok;
}

ExitCode exit_code_for(const std::vector<Check>& checks) {
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
  present::DoctorReport report;
  for (const Check& check : checks) {
    report.checks.push_back({check.name, state_of(check.state), check.detail, check.fix});
  }
  const auto renderer = present::make_renderer(arguments.format, {}, console.out(), console.err());
  WAKEPATH_CHECK(renderer->doctor(report));
  return exit_code_for(checks);
}

}  // namespace wakepath::cli
