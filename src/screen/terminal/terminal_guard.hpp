// SPDX-License-Identifier: GPL-2.0-or-later
// While it lives, the terminal is as it was before, after any end of the program that can be
// noticed: a crash and an abort too, a second SIGTERM, SIGINT or SIGHUP while the program ends, and
// the SIGALRM by which the program ends itself.
#pragma once

#include <string>

#include <termios.h>
#include <csignal>

namespace wakepath::screen {

class TerminalGuard {
 public:
  // `fd`: of the terminal. `undo`: what puts it back, to be written as it stands. There is one
  // guard at a time.
  TerminalGuard(int fd, const termios& before, const std::string& undo);
  ~TerminalGuard();
  TerminalGuard(const TerminalGuard&) = delete;
  TerminalGuard& operator=(const TerminalGuard&) = delete;

  // Somebody asked by a signal that the program stops, as Ctrl-Z does; asking forgets it.
  static bool take_stop();
  // It goes on after a stop; asking forgets it.
  static bool take_continue();
};

}  // namespace wakepath::screen
