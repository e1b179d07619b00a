// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

struct DoctorChoices {
  std::string events{"default"};
  Format format{};
};

Result<Command> finish_doctor(const DoctorChoices& chosen) {
  DoctorArguments doctor;
  WAKEPATH_TRY(doctor.events, capture::EventSet::parse(chosen.events));
  doctor.format = chosen.format;
  return doctor;
}

}  // namespace

Subcommand add_doctor(CLI::App& root) {
  CLI::App& app =
      add_command(root, "doctor", "Say what this host can and can't do, and what mends it",
                  "Example:\n  wakepath doctor --events full");
  auto chosen = std::make_shared<DoctorChoices>();
  add_events(app, chosen->events);
  add_judged_format(app, chosen->format);
  return {&app, [chosen] { return finish_doctor(*chosen); }};
}

}  // namespace wakepath::cli
