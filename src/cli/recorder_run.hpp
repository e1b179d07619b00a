// SPDX-License-Identifier: GPL-2.0-or-later
// The flight recorder of a capture: its processes, its news on the console.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/console.hpp"
#include "cli/interrupt.hpp"
#include "recorder/flight_recorder.hpp"
#include "recorder/store_process.hpp"

namespace wakepath::cli {

// Makes the directory, if it is not there, and starts the process that writes into it, and keeps
// its rights. No other thread of ours may run. Errors: usage, bad_output, bug.
Result<std::unique_ptr<recorder::StoreProcess>> start_store(
    const recorder::StoreProcess::Options& options, std::optional<recorder::HookProcess> hook = {});

class RecorderRun {
 public:
  // Makes the directory, if it is not there, and starts the processes that keep their rights. No
  // other thread of ours may run, and no right is given up yet. Errors: usage, bad_output, bug.
  static Result<std::unique_ptr<RecorderRun>> start(const RecorderArguments& arguments,
                                                    const std::string& directory, Console& console);

  // For PipelineOptions::wake_told.
  void wake(const WakeChain& chain);
  // Every record goes to `next`, which must outlive it.
  Result<RecordSink*> before(RecordSink& next);
  // After each round of the capture: what became of the recordings, told to `say`. Error:
  // bad_output.
  using Say = std::function<void(const std::string&)>;
  Result<void> poll(const Say& say);
  // What is there now is kept.
  void save() { recorder_->signalled(); }
  // This wake is. False: it is too long ago.
  [[nodiscard]] bool save(const WakeChain& wake) { return recorder_->keep_wake(wake); }
  [[nodiscard]] std::uint64_t kept() const { return kept_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t limit() const { return limit_; }
  // After the end: the last recording is written. Where one could not be, bad_output.
  ExitCode finish();

 private:
  RecorderRun(Console& console, std::string directory)
      : console_(console), directory_(std::move(directory)) {}
  void tell(const std::vector<recorder::StoreNews>& news, const Say& say);

  Console& console_;
  std::string directory_;
  recorder::RecorderOptions options_;
  std::unique_ptr<recorder::StoreProcess> store_;
  std::unique_ptr<recorder::FlightRecorder> recorder_;
  std::uint64_t kept_{0};   // recordings that are there now
  std::uint64_t bytes_{0};  // and their size
  std::uint64_t limit_{0};
  SaveRequest save_request_;
  ExitCode code_{ExitCode::ok};
};

}  // namespace wakepath::cli
