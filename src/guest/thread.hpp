// SPDX-License-Identifier: GPL-2.0-or-later
// Threads of the guest: named, and deaf to the process's signals.
#pragma once

#include <functional>
#include <thread>

#include "wakepath/result.hpp"

namespace wakepath::guest {

// The signal that forces a silent vCPU out of KVM_RUN; nothing else is let through to a thread of
// the guest, so that a Ctrl-C does not wake a sleeping vCPU.
[[nodiscard]] int force_signal();

// A thread that stops when it is destroyed, if `body` heeds the stop token.
Result<std::jthread> start_thread(const char* name,
                                  std::function<void(const std::stop_token&)> body);

}  // namespace wakepath::guest
