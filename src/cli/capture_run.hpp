// SPDX-License-Identifier: GPL-2.0-or-later
// One capture, from its start to its last record. The guest runs while events are captured only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "capture/capture_source.hpp"
#include "cli/arguments.hpp"
#include "cli/console.hpp"
#include "guest/guest.hpp"

namespace wakepath::cli {

class CaptureRun {
 public:
  // Tells `console` where it captures through tracefs because BPF does not work, and why.
  static Result<CaptureRun> open(const CaptureArguments& arguments, const std::string& command_line,
                                 Console& console);

  // Pumps until the duration is over, a signal comes, or `go_on` says no; then drains to the end.
  // go_on is called after each round, and an error of it ends the run at once. Error: the first one
  // of the guest, the source, the sink or go_on.
  Result<void> run(RecordSink& sink, const std::function<Result<bool>()>& go_on);

 private:
  CaptureRun() = default;
  Result<void> end_guest();

  std::optional<std::chrono::nanoseconds> duration_;
  std::unique_ptr<guest::Guest> guest_;  // outlives the source
  std::unique_ptr<capture::CaptureSource> source_;
};

}  // namespace wakepath::cli
