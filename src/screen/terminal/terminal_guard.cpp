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
// The first of each is the program's, which ends in its own time. It may be in the midst of that,
// or hang, when the second one comes and ends it at once.
constexpr std::array kEnds{SIGINT, SIGTERM, SIGHUP};

// A signal handler can't reach anything but globals. They are written while no handler of ours is
// installed.
struct Saved {
  int fd{-1};
  termios before{};
  std::array<char, 256> undo{};
  std::size_t undo_size{0};
  std::array<struct sigaction, kCrashes.size()> actions{};
  std::array<struct sigaction, kEnds.size()> ends{};
  struct sigaction alarm {};
  struct sigaction stop {};
  struct sigaction go_on {};
  std::terminate_handler terminate{};
};
Saved saved;
std::atomic<bool> armed{false};
std::atomic<bool> stop_asked{false};
std::atomic<bool> continued{false};
std::array<std::atomic<bool>, kEnds.size()> end_asked{};
static_assert(std::atomic<bool>::is_always_lock_free);

// All of it may be called in a signal handler. The mode goes first: a terminal that takes nothing
// holds up the write.
void put_back() {
  if (armed.exchange(false)) {
    ::tcsetattr(saved.fd, TCSANOW, &saved.before);
    [[maybe_unused]] const ssize_t written = ::write(saved.fd, saved.undo.data(), saved.undo_size);
  }
}

void set_default(int signal) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
}

void on_end(int signal) {
  const auto* const found = std::find(kEnds.begin(), kEnds.end(), signal);
  const auto at = static_cast<std::size_t>(found - kEnds.begin());
  if (found == kEnds.end()) {
    return;
  }
  const auto first = saved.ends[at].sa_handler;
  if (!end_asked[at].exchange(true) && first != SIG_DFL) {
    first(signal);
    return;
  }
  set_default(signal);  // a third one need not wait for the terminal
  put_back();
  ::raise(signal);
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

// The program's own watch over how long its end takes.
void on_alarm(int signal) {
  put_back();
  saved.alarm.sa_handler(signal);
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
  // Waits are to end, as they do without a guard.
  action.sa_flags = SA_NODEFER;
  action.sa_handler = on_end;
  for (std::size_t i = 0; i < kEnds.size(); ++i) {
    end_asked[i].store(false);
    ::sigaction(kEnds[i], nullptr, &saved.ends[i]);
    if (saved.ends[i].sa_handler != SIG_IGN) {
      ::sigaction(kEnds[i], &action, nullptr);
    }
  }
  ::sigaction(SIGALRM, nullptr, &saved.alarm);
  if (saved.alarm.sa_handler != SIG_DFL && saved.alarm.sa_handler != SIG_IGN) {
    action.sa_handler = on_alarm;
    ::sigaction(SIGALRM, &action, nullptr);
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
  for (std::size_t i = 0; i < kEnds.size(); ++i) {
    if (saved.ends[i].sa_handler == SIG_IGN) {
      continue;
    }
    const bool resets = (saved.ends[i].sa_flags & static_cast<int>(SA_RESETHAND)) != 0;
    if (resets && end_asked[i].load()) {
      set_default(kEnds[i]);  // the first one has come
    } else {
      ::sigaction(kEnds[i], &saved.ends[i], nullptr);
    }
  }
  ::sigaction(SIGALRM, &saved.alarm, nullptr);
  ::sigaction(SIGTSTP, &saved.stop, nullptr);
  ::sigaction(SIGCONT, &saved.go_on, nullptr);
  std::set_terminate(saved.terminate);
}

bool TerminalGuard::take_stop() { return stop_asked.exchange(false); }

bool TerminalGuard::take_continue() { return continued.exchange(false); }

}  // namespace wakepath::screen
