// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.hpp"

namespace wakepath::cli {

namespace {

constexpr const char* kRecordExamples = R"(Examples:
  wakepath record -d 30s -o host7.wkp
  wakepath record --on 'total > 200us' -o slow-wakes
  wakepath record -d 5s --guest timer --exits -o guest.wkp
  ssh host7 wakepath record -d 30s -o - | wakepath replay -)";

struct RecordChoices {
  CaptureChoices capture;
  RecorderArguments recorder;
  std::string file;
  bool force{false};
};

Result<Command> finish_record(const RecordChoices& chosen) {
  RecordArguments record;
  WAKEPATH_TRY(record.capture, finish(chosen.capture));
  record.capture.host_files = chosen.capture.settings;
  record.recorder = chosen.recorder;
  record.file = chosen.file;
  record.force = chosen.force;
  return record;
}

}  // namespace

Subcommand add_record(CLI::App& root) {
  CLI::App& app = add_command(root, "record", "Record to a dump, to be replayed here or elsewhere",
                              kRecordExamples);
  auto chosen = std::make_shared<RecordChoices>();
  CLI::Option* const output =
      app.add_option("-o,--output", chosen->file,
                     "The dump to write; - is standard output; with --on, a directory")
          ->type_name("FILE")
          ->required();
  CLI::Option* const force = add_force(app, chosen->force);
  add_guest_options(app, chosen->capture);
  add_capture_options(app, chosen->capture);
  add_no_settings(app, chosen->capture,
                  "Leave this host's settings out of the dump: audit can't judge them then");
  add_progress(app);
  add_recorder_options(app, chosen->recorder, output);
  force->excludes("--on");
  return {&app, [chosen] { return finish_record(*chosen); }};
}

}  // namespace wakepath::cli
