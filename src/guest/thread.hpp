// SPDX-License-Identifier: GPL-2.0-or-later
// Threads of the guest: named, and deaf to the process's signals.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

#include "wakepath/result.hpp"

namespace wakepath::guest {

// The signal that gets a vCPU out of KVM_RUN; nothing else is let through to a thread of the guest,
// so that a Ctrl-C does not wake a sleeping vCPU.
[[nodiscard]] int force_signal();

// While it lives, force_signal() interrupts a thread and does nothing else.
class ForceSignalHandler {
 public:
  ForceSignalHandler();
  ~ForceSignalHandler();
  ForceSignalHandler(const ForceSignalHandler&) = delete;
  ForceSignalHandler& operator=(const ForceSignalHandler&) = delete;

 private:
  struct sigaction before_ {};
};

// A thread that stops when it is destroyed, if `body` heeds the stop token.
Result<std::jthread> start_thread(const char* name,
                                  std::function<void(const std::stop_token&)> body);

}  // namespace wakepath::guest
