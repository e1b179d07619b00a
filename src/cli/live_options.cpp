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
  RecorderArguments recorder;
  std::string save;
  bool force{false};
  bool plain{false};
};

Result<Command> finish_live(const LiveChoices& chosen) {
  CaptureChoices capture = chosen.capture;
  // Why the guest was left is a step of every annotated wake.
  capture.exits = capture.exits || chosen.view.wakes;
  LiveArguments live;
  WAKEPATH_TRY(live.capture, finish(capture));
  live.capture.host_files = capture.settings && !chosen.save.empty();
  live.view = chosen.view;
  live.recorder = chosen.recorder;
  live.save = chosen.save;
  live.force = chosen.force;
  live.plain = chosen.plain;
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
  app.add_flag("--plain", chosen->plain,
               "Print tables also on a terminal, where the screen is otherwise");
  CLI::Option* save =
      app.add_option("--save", chosen->save,
                     "Write a dump too, which replays to the same output; with --on, a directory")
          ->type_name("FILE");
  CLI::Option* const force = add_force(app, chosen->force)->needs(save);
  add_no_settings(app, chosen->capture, "Leave this host's settings out of what --save writes");
  add_recorder_options(app, chosen->recorder, save);
  force->excludes("--on");
  return {&app, [chosen] { return finish_live(*chosen); }};
}

}  // namespace wakepath::cli
