// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/interrupt.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace wakepath::cli {

namespace {

// A signal handler can't reach anything but a global.
std::atomic<bool> signalled{false};
static_assert(std::atomic<bool>::is_always_lock_free);

std::atomic<int> to_wake{-1};
static_assert(std::atomic<int>::is_always_lock_free);

void on_signal(int /*signal*/) {
  signalled.store(true, std::memory_order_relaxed);
  if (const int fd = to_wake.load(std::memory_order_relaxed); fd >= 0) {
    const int before = errno;
    constexpr std::uint64_t kOne = 1;
    [[maybe_unused]] const ssize_t written = ::write(fd, &kOne, sizeof(kOne));
    errno = before;
  }
}

}  // namespace

Interrupt::Interrupt() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  signalled.store(false, std::memory_order_relaxed);
  to_wake.store(wake_.get(), std::memory_order_relaxed);
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
  to_wake.store(-1, std::memory_order_relaxed);
}

bool Interrupt::asked() const { return signalled.load(std::memory_order_relaxed); }

}  // namespace wakepath::cli
