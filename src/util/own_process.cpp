// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/own_process.hpp"

#include <algorithm>
#include <array>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace wakepath {

namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ, SIGTSTP, SIGUSR1};

void set_all(void (*handler)(int)) {
  for (const int signal : kSignals) {
    ::signal(signal, handler);
  }
}

}  // namespace

void leave_signals_to_parent() { set_all(SIG_IGN); }

void take_signals_again() { set_all(SIG_DFL); }

void close_all_but(std::span<const int> kept) {
  const auto stays = [kept](int fd) { return std::ranges::find(kept, fd) != kept.end(); };
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (!stays(standard)) {
      ::dup2(null, standard);
    }
  }
  const int last = kept.empty() ? STDERR_FILENO : std::max(STDERR_FILENO, std::ranges::max(kept));
  for (int fd = STDERR_FILENO + 1; fd < last; ++fd) {
    if (!stays(fd)) {
      ::close(fd);
    }
  }
  ::closefrom(last + 1);
}

}  // namespace wakepath
