// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kLiveExamples = R"(Examples:
  wakepath live --guest kworker -d 5s            something to see on any machine with KVM
  wakepath live --vm web1 --min-latency 200us --wakes
  wakepath live -d 60s --format ndjson --fail-on 'p99(total) > 200us' > wakes.ndjson)";

struct LiveChoices {
  CaptureChoices capture;
  ViewArguments view;
  std::string save;
  bool force{false};
};

Result<Command> finish_live(const LiveChoices& chosen) {
  CaptureChoices capture = chosen.capture;
  // Why the guest was left is a step of every annotated wake.
  capture.exits = capture.exits || chosen.view.wakes;
  LiveArguments live;
  WAKEPATH_TRY(live.capture, finish(capture));
  live.capture.host_files = capture.settings && !chosen.save.empty();
  live.view = chosen.view;
  live.save = chosen.save;
  live.force = chosen.force;
  return live;
}

}  // namespace

Subcommand add_live(CLI::App& root) {
  CLI::App& app = add_command(
      root, "live", "Trace the running vCPUs and show where each wake's time goes", kLiveExamples);
  auto chosen = std::make_shared<LiveChoices>();
  add_guest_options(app, chosen->capture);
  add_capture_options(app, chosen->capture);
  add_view_options(app, chosen->view);
  CLI::Option* save =
      app.add_option("--save", chosen->save, "Write a dump too, which replays to the same output")
          ->type_name("FILE");
  add_force(app, chosen->force)->needs(save);
  add_no_settings(app, chosen->capture, "Leave this host's settings out of what --save writes");
  return {&app, [chosen] { return finish_live(*chosen); }};
}

}  // namespace wakepath::cli
