// SPDX-License-Identifier: GPL-2.0-or-later
#ifdef WAKEPATH_TERMINAL

#include "screen/terminal/terminal_guard.hpp"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace wakepath::screen {
namespace {

constexpr int kNotRaw = 3;

void on_first(int /*signal*/) {}

struct Terminal {
  int master{-1}, slave{-1};
  termios before{};

  Terminal() {
    EXPECT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
    EXPECT_EQ(::tcgetattr(slave, &before), 0);
  }
  ~Terminal() {
    ::close(master);
    ::close(slave);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] termios mode() const {
    termios now{};
    ::tcgetattr(slave, &now);
    return now;
  }
  void make_raw() const {
    termios raw = before;
    ::cfmakeraw(&raw);
    ::tcsetattr(slave, TCSANOW, &raw);
  }
};

// A terminal in raw mode gets `signal` twice from its own process, which ends by the second.
class EndedTwice : public ::testing::TestWithParam<int> {};

TEST_P(EndedTwice, PutsTheTerminalBack) {
  const Terminal terminal;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    struct sigaction first {};
    first.sa_handler = on_first;
    first.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(GetParam(), &first, nullptr);
    const TerminalGuard guard(terminal.slave, terminal.before, "undone");
    terminal.make_raw();
    ::raise(GetParam());
    if ((terminal.mode().c_lflag & static_cast<tcflag_t>(ICANON)) != 0) {
      ::_exit(kNotRaw);  // the first one is the program's
    }
    ::raise(GetParam());
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), GetParam());
  EXPECT_EQ(terminal.mode().c_lflag, terminal.before.c_lflag);
  EXPECT_EQ(terminal.mode().c_iflag, terminal.before.c_iflag);
  std::string text(16, '\0');
  const ssize_t got = ::read(terminal.master, text.data(), text.size());
  EXPECT_EQ(text.substr(0, got < 0 ? 0 : static_cast<std::size_t>(got)), "undone");
}

INSTANTIATE_TEST_SUITE_P(Signals, EndedTwice, ::testing::Values(SIGTERM, SIGINT, SIGHUP));

TEST(TerminalGuard, PutsTheTerminalBackBeforeTheProgramsOwnAlarmEndsIt) {
  const Terminal terminal;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    struct sigaction alarm {};
    alarm.sa_handler = [](int /*signal*/) { ::_exit(7); };
    ::sigaction(SIGALRM, &alarm, nullptr);
    const TerminalGuard guard(terminal.slave, terminal.before, "undone");
    terminal.make_raw();
    ::raise(SIGALRM);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_EQ(terminal.mode().c_lflag, terminal.before.c_lflag);
}

TEST(TerminalGuard, LeavesTheSecondSignalToAbortAfterItsEnd) {
  const Terminal terminal;
  struct sigaction first {
  }, old{};
  first.sa_handler = on_first;
  first.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGTERM, &first, &old);
  struct sigaction now {};
  { const TerminalGuard unused(terminal.slave, terminal.before, ""); }
  ::sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, on_first);
  {
    const TerminalGuard guard(terminal.slave, terminal.before, "");
    ::raise(SIGTERM);
  }
  ::sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
  ::sigaction(SIGTERM, &old, nullptr);
}

}  // namespace
}  // namespace wakepath::screen

#endif
