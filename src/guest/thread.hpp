// SPDX-License-Identifier: GPL-2.0-or-later
// Threads of the guest: they have names, and block the process's signals.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

#include "wakepath/result.hpp"

namespace wakepath::guest {

// The signal that gets a vCPU out of KVM_RUN. A thread of the guest blocks all others, so that a
// Ctrl-C does not wake a sleeping vCPU.
[[nodiscard]] int force_signal();

// During its lifetime force_signal() interrupts a thread and has no other effect.
class ForceSignalHandler {
 public:
  ForceSignalHandler();
  ~ForceSignalHandler();
  ForceSignalHandler(const ForceSignalHandler&) = delete;
  ForceSignalHandler& operator=(const ForceSignalHandler&) = delete;

 private:
  struct sigaction before_ {};
};

// A thread that stops in its destructor, if `body` obeys the stop token.
Result<std::jthread> start_thread(const char* name,
                                  std::function<void(const std::stop_token&)> body);

}  // namespace wakepath::guest
