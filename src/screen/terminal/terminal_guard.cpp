// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/terminal/terminal_guard.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>

#include <unistd.h>

namespace wakepath::screen {

namespace {

constexpr std::array kCrashes{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT, SIGXCPU};

// A signal handler can't reach anything but globals. They are written while no handler of ours is
// installed.
struct Saved {
  int fd{-1};
  termios before{};
  std::array<char, 256> undo{};
  std::size_t undo_size{0};
  std::array<struct sigaction, kCrashes.size()> actions{};
  struct sigaction stop {};
  struct sigaction go_on {};
  std::terminate_handler terminate{};
};
Saved saved;
std::atomic<bool> armed{false};
std::atomic<bool> stop_asked{false};
std::atomic<bool> continued{false};
static_assert(std::atomic<bool>::is_always_lock_free);

// All of it may be called in a signal handler.
void put_back() {
  if (armed.exchange(false)) {
    [[maybe_unused]] const ssize_t written = ::write(saved.fd, saved.undo.data(), saved.undo_size);
    ::tcsetattr(saved.fd, TCSANOW, &saved.before);
  }
}

void on_crash(int signal) {
  put_back();
  const auto* const found = std::find(kCrashes.begin(), kCrashes.end(), signal);
  if (found != kCrashes.end()) {
    ::sigaction(signal, &saved.actions[static_cast<std::size_t>(found - kCrashes.begin())],
                nullptr);
  }
  ::raise(signal);  // comes once this handler is left
}

void on_stop(int /*signal*/) { stop_asked.store(true); }
void on_continue(int /*signal*/) { continued.store(true); }

[[noreturn]] void on_terminate() {
  put_back();
  saved.terminate();
  ::_exit(1);
}

}  // namespace

TerminalGuard::TerminalGuard(int fd, const termios& before, const std::string& undo) {
  saved.fd = fd;
  saved.before = before;
  saved.undo_size = std::min(undo.size(), saved.undo.size());
  std::copy_n(undo.begin(), saved.undo_size, saved.undo.begin());
  saved.terminate = std::set_terminate(on_terminate);
  armed.store(true);
  struct sigaction action {};
  action.sa_handler = on_crash;
  for (std::size_t i = 0; i < kCrashes.size(); ++i) {
    ::sigaction(kCrashes[i], &action, &saved.actions[i]);
  }
  action.sa_flags = SA_RESTART;
  action.sa_handler = on_stop;
  ::sigaction(SIGTSTP, &action, &saved.stop);
  action.sa_handler = on_continue;
  ::sigaction(SIGCONT, &action, &saved.go_on);
}

TerminalGuard::~TerminalGuard() {
  armed.store(false);
  for (std::size_t i = 0; i < kCrashes.size(); ++i) {
    ::sigaction(kCrashes[i], &saved.actions[i], nullptr);
  }
  ::sigaction(SIGTSTP, &saved.stop, nullptr);
  ::sigaction(SIGCONT, &saved.go_on, nullptr);
  std::set_terminate(saved.terminate);
}

bool TerminalGuard::take_stop() { return stop_asked.exchange(false); }

bool TerminalGuard::take_continue() { return continued.exchange(false); }

}  // namespace wakepath::screen
