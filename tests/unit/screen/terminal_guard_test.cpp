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

// A terminal in raw mode gets `signal` twice from its own process, which ends by the second.
class EndedTwice : public ::testing::TestWithParam<int> {};

TEST_P(EndedTwice, PutsTheTerminalBack) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  termios before{};
  ASSERT_EQ(::tcgetattr(slave, &before), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    struct sigaction first {};
    first.sa_handler = on_first;
    first.sa_flags = static_cast<int>(SA_RESETHAND);
    ::sigaction(GetParam(), &first, nullptr);
    const TerminalGuard guard(slave, before, "undone");
    termios raw = before;
    ::cfmakeraw(&raw);
    ::tcsetattr(slave, TCSANOW, &raw);
    ::raise(GetParam());
    termios now{};
    ::tcgetattr(slave, &now);
    if ((now.c_lflag & static_cast<tcflag_t>(ICANON)) != 0) {
      ::_exit(kNotRaw);  // the first one is the program's
    }
    ::raise(GetParam());
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), GetParam());
  termios after{};
  ASSERT_EQ(::tcgetattr(slave, &after), 0);
  EXPECT_EQ(after.c_lflag, before.c_lflag);
  EXPECT_EQ(after.c_iflag, before.c_iflag);
  std::string text(16, '\0');
  const ssize_t got = ::read(master, text.data(), text.size());
  EXPECT_EQ(text.substr(0, got < 0 ? 0 : static_cast<std::size_t>(got)), "undone");
  ::close(master);
  ::close(slave);
}

INSTANTIATE_TEST_SUITE_P(Signals, EndedTwice, ::testing::Values(SIGTERM, SIGINT, SIGHUP));

TEST(TerminalGuard, PutsTheTerminalBackBeforeTheProgramsOwnAlarmEndsIt) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  termios before{};
  ASSERT_EQ(::tcgetattr(slave, &before), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    struct sigaction alarm {};
    alarm.sa_handler = [](int /*signal*/) { ::_exit(7); };
    ::sigaction(SIGALRM, &alarm, nullptr);
    const TerminalGuard guard(slave, before, "undone");
    termios raw = before;
    ::cfmakeraw(&raw);
    ::tcsetattr(slave, TCSANOW, &raw);
    ::raise(SIGALRM);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  termios after{};
  ASSERT_EQ(::tcgetattr(slave, &after), 0);
  EXPECT_EQ(after.c_lflag, before.c_lflag);
  ::close(master);
  ::close(slave);
}

TEST(TerminalGuard, LeavesTheSecondSignalToAbortAfterItsEnd) {
  int master = -1;
  int slave = -1;
  ASSERT_EQ(::openpty(&master, &slave, nullptr, nullptr, nullptr), 0);
  termios before{};
  ASSERT_EQ(::tcgetattr(slave, &before), 0);
  struct sigaction first {
  }, old{};
  first.sa_handler = on_first;
  first.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGTERM, &first, &old);
  struct sigaction now {};
  { const TerminalGuard unused(slave, before, ""); }
  ::sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, on_first);
  {
    const TerminalGuard guard(slave, before, "");
    ::raise(SIGTERM);
  }
  ::sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
  ::sigaction(SIGTERM, &old, nullptr);
  ::close(master);
  ::close(slave);
}

}  // namespace
}  // namespace wakepath::screen

#endif
