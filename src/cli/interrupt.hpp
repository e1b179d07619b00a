// SPDX-License-Identifier: GPL-2.0-or-later
// While an Interrupt lives, the first Ctrl-C, SIGTERM or SIGHUP asks for a clean end; the second
// one aborts.
#pragma once

#include <array>

#include <csignal>

#include "util/fd.hpp"

namespace wakepath::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] bool asked() const;
  // Can be read from once an end is asked for, so that a wait ends. -1: there is none.
  [[nodiscard]] int descriptor() const { return wake_.get(); }

 private:
  Fd wake_;
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> before_{};
};

}  // namespace wakepath::cli
