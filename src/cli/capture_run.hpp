// SPDX-License-Identifier: GPL-2.0-or-later
// One capture from open to drained: the guest runs only while the programs are attached.
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
  // Says on `console` where it is not BPF though that was not asked for, and why.
  static Result<CaptureRun> open(const CaptureArguments& arguments, const std::string& command_line,
                                 Console& console);

  // Pumps until the duration is over, a signal came, or `go_on`, which is called after each round,
  // says no; then drains to the end. An error of go_on ends the run at once. Error: the first one
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
