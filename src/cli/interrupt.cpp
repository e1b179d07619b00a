// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/interrupt.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/exit_code.hpp"

namespace wakepath::cli {

namespace {

constexpr long kSecond = 1'000'000'000;
constexpr std::array kEndSignals{SIGINT, SIGTERM, SIGHUP};

// A signal handler can't reach anything but a global.
std::atomic<bool> signalled{false};
static_assert(std::atomic<bool>::is_always_lock_free);

std::atomic<int> to_wake{-1};
static_assert(std::atomic<int>::is_always_lock_free);

// How long an end may take, in nanoseconds, and the timer that watches it.
std::atomic<long> grace_ns{0};
std::atomic<timer_t> watch_timer{};
static_assert(std::atomic<timer_t>::is_always_lock_free);

void on_alarm(int /*signal*/) {
  constexpr std::string_view kText =
      "wakepath: interrupted in the middle: what was shown is not whole\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(static_cast<int>(ExitCode::interrupted));
}

// What the second signal of a kind does: abort. A guard of the terminal puts that back before.
std::array<struct sigaction, kEndSignals.size()> after_first{};

void on_signal(int signal) {
  const auto* const found = std::find(kEndSignals.begin(), kEndSignals.end(), signal);
  if (found != kEndSignals.end()) {
    ::sigaction(signal, &after_first[static_cast<std::size_t>(found - kEndSignals.begin())],
                nullptr);
  }
  if (const long ns = grace_ns.load(std::memory_order_relaxed); ns != 0) {
    struct itimerspec when {};
    when.it_value.tv_sec = ns / kSecond;
    when.it_value.tv_nsec = ns % kSecond;
    ::timer_settime(watch_timer.load(std::memory_order_relaxed), 0, &when, nullptr);
  }
  signalled.store(true, std::memory_order_relaxed);
  if (const int fd = to_wake.load(std::memory_order_relaxed); fd >= 0) {
    const int before = errno;
    constexpr std::uint64_t kOne = 1;
    [[maybe_unused]] const ssize_t written = ::write(fd, &kOne, sizeof(kOne));
    errno = before;
  }
}

std::atomic<bool> save_asked{false};

void on_save(int /*signal*/) { save_asked.store(true, std::memory_order_relaxed); }

}  // namespace

SaveRequest::SaveRequest() {
  save_asked.store(false, std::memory_order_relaxed);
  struct sigaction action {};
  action.sa_handler = on_save;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGUSR1, &action, &before_);
}

SaveRequest::~SaveRequest() { ::sigaction(SIGUSR1, &before_, nullptr); }

bool SaveRequest::taken() { return save_asked.exchange(false, std::memory_order_relaxed); }

std::chrono::milliseconds Interrupt::soon() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return std::chrono::seconds(5);
#else
  return std::chrono::milliseconds(170);
#endif
}

Interrupt::Interrupt(std::chrono::milliseconds ends_within)
    : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  signalled.store(false, std::memory_order_relaxed);
  to_wake.store(wake_.get(), std::memory_order_relaxed);
  timer_t timer{};
  struct sigevent alarm {};
  alarm.sigev_notify = SIGEV_SIGNAL;
  alarm.sigev_signo = SIGALRM;
  if (ends_within.count() != 0 && ::timer_create(CLOCK_MONOTONIC, &alarm, &timer) == 0) {
    timer_ = timer;
    struct sigaction end {};
    end.sa_handler = on_alarm;
    ::sigaction(SIGALRM, &end, &alarm_before_);
    watch_timer.store(timer, std::memory_order_relaxed);
    grace_ns.store(std::chrono::nanoseconds(ends_within).count(), std::memory_order_relaxed);
  }
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (std::size_t i = 0; i < kEndSignals.size(); ++i) {
    ::sigaction(kEndSignals[i], nullptr, &before_[i]);
    const auto handler = before_[i].sa_handler;
    after_first[i] = {};
    if (handler != SIG_IGN && handler != on_signal) {
      after_first[i] = before_[i];
    }
    // An ignored SIGHUP comes of nohup and stays ignored. A script's background job starts with
    // SIGINT ignored, and can be ended by it all the same.
    if (kEndSignals[i] != SIGHUP || before_[i].sa_handler != SIG_IGN) {
      ::sigaction(kEndSignals[i], &action, nullptr);
    }
  }
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < kEndSignals.size(); ++i) {
    ::sigaction(kEndSignals[i], &before_[i], nullptr);
  }
  to_wake.store(-1, std::memory_order_relaxed);
  if (timer_) {
    grace_ns.store(0, std::memory_order_relaxed);
    ::timer_delete(*timer_);
    ::sigaction(SIGALRM, &alarm_before_, nullptr);
  }
}

bool Interrupt::asked() const { return signalled.load(std::memory_order_relaxed); }

}  // namespace wakepath::cli
