// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/interrupt.hpp"

#include <atomic>

namespace wakepath::cli {

namespace {

// A signal handler can't reach anything but a global.
std::atomic<bool> signalled{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int /*signal*/) { signalled.store(true, std::memory_order_relaxed); }

}  // namespace

Interrupt::Interrupt() {
  signalled.store(false, std::memory_order_relaxed);
  struct sigaction action {};
  action.sa_handler = on_signal;
  // The default action is back after the first signal: the second one aborts.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], nullptr, &before_[i]);
    // An ignored SIGHUP comes of nohup and stays ignored. A script's background job starts with
    // SIGINT ignored, and can be ended by it all the same.
    if (kSignals[i] != SIGHUP || before_[i].sa_handler != SIG_IGN) {
      ::sigaction(kSignals[i], &action, nullptr);
    }
  }
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) {
    ::sigaction(kSignals[i], &before_[i], nullptr);
  }
}

bool Interrupt::asked() const { return signalled.load(std::memory_order_relaxed); }

}  // namespace wakepath::cli
