// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.hpp"

#include "cli/commands.hpp"
#include "present/renderer.hpp"

namespace wakepath::cli {

namespace {

using findings::Check;

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
  present::RenderOptions options;
  options.text.width = console.line_width();
  const auto renderer =
      present::make_renderer(arguments.format, options, console.out(), console.err());
  WAKEPATH_CHECK(renderer->doctor(checks));
  return exit_code_for(checks);
}

}  // namespace wakepath::cli
