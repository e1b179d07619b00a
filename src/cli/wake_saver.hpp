// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit_code.hpp"
#include "cli/given_again.hpp"
#include "cli/interrupt.hpp"
#include "cli/wake_cut.hpp"
#include "recorder/store_process.hpp"

namespace wakepath::cli {

// Saves wakes, one after the other, each as a recording of its own.
class WakeSaver {
 public:
  // No other thread may run, and no right is given up yet. Errors: usage, bad_output, bug.
  static Result<std::unique_ptr<WakeSaver>> start(const std::string& directory);
  // Before the rights go. `interrupt` must outlive it.
  void read_from(GivenAgain files, const Interrupt& interrupt);

  // What is to be said of it.
  std::string save(screen::KeptWake wake, PipelineOptions options);
  using Say = std::function<void(const std::string&)>;
  // Some of the work, while `go_on` says so.
  void advance(const std::function<bool()>& go_on, const Say& say);
  [[nodiscard]] bool is_busy() const { return cut_ != nullptr; }
  // Nothing follows. What is not whole by then stays marked INCOMPLETE.
  ExitCode finish(const Say& say);

 private:
  WakeSaver(std::string directory, std::unique_ptr<recorder::StoreProcess> store)
      : directory_(std::move(directory)), store_(std::move(store)) {}
  void tell(const Result<std::vector<recorder::StoreNews>>& news, const Say& say);

  std::string directory_;
  std::unique_ptr<recorder::StoreProcess> store_;
  std::optional<GivenAgain> files_;
  const Interrupt* interrupt_{};
  std::unique_ptr<WakeCut> cut_;
  ExitCode code_{ExitCode::ok};
};

}  // namespace wakepath::cli
