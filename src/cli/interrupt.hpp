// SPDX-License-Identifier: GPL-2.0-or-later
// While an Interrupt lives, the first Ctrl-C, SIGTERM or SIGHUP asks for a clean end; the second
// one aborts.
#pragma once

#include <array>
#include <chrono>
#include <optional>

#include <csignal>
#include <ctime>

#include "util/fd.hpp"

namespace wakepath::cli {

class Interrupt {
 public:
  // `ends_within`: how long the clean end may take. What takes longer, as a write to a pipe that
  // nobody reads, is ended then, with exit code 130. Zero: as long as it takes.
  explicit Interrupt(std::chrono::milliseconds ends_within = {});
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] bool asked() const;
  // Can be read from once an end is asked for, so that a wait ends. -1: there is none.
  [[nodiscard]] int descriptor() const { return wake_.get(); }

  // Of commands that read, and leave nothing half done.
  static std::chrono::milliseconds soon();

 private:
  Fd wake_;
  std::optional<timer_t> timer_;
  struct sigaction alarm_before_ {};
  std::array<struct sigaction, 3> before_{};  // of SIGINT, SIGTERM, SIGHUP
};

// While it lives, SIGUSR1 asks for a recording of what is there now.
class SaveRequest {
 public:
  SaveRequest();
  ~SaveRequest();
  SaveRequest(const SaveRequest&) = delete;
  SaveRequest& operator=(const SaveRequest&) = delete;

  // Was it asked for since the last call?
  static bool taken();

 private:
  struct sigaction before_ {};
};

}  // namespace wakepath::cli
