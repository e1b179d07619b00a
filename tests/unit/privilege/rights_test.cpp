// SPDX-License-Identifier: GPL-2.0-or-later
#include "privilege/rights.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privilege/call_filter.hpp"
#include "privilege/command_rights.hpp"
#include "support/in_child.hpp"
#include "util/fd.hpp"

namespace wakepath::privilege {
namespace {

// "CapEff" -> "0000000000000000"
std::string status_of_self(const std::string& field) {
  std::ifstream status("/proc/thread-self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":\t")) {
      return line.substr(field.size() + 2);
    }
  }
  return {};
}

constexpr const char* kNoCapability = "0000000000000000";

bool has_none() {
  return status_of_self("CapEff") == kNoCapability && status_of_self("CapPrm") == kNoCapability &&
         status_of_self("CapInh") == kNoCapability && status_of_self("CapAmb") == kNoCapability;
}

bool is_refused(long result) { return result < 0 && errno == EPERM; }

bool has_filters() {
  return testing::exit_code_in_child(
             [] { return gain_nothing() && refuse(Refused::of_readers) ? 0 : 1; }) == 0;
}

TEST(RightsTest, RootBecomesNobodyForGood) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "not root";
  }
  const auto ended = testing::exit_code_in_child([] {
    if (!gain_nothing() || !become_nobody()) {
      return 1;
    }
    const bool nobody = status_of_self("Uid") == "65534\t65534\t65534\t65534" &&
                        status_of_self("Gid") == "65534\t65534\t65534\t65534" &&
                        status_of_self("Groups").find_first_of("0123456789") == std::string::npos;
    if (!nobody || !has_none() || status_of_self("CapBnd") != kNoCapability) {
      return 2;
    }
    return ::setresuid(0, 0, 0) == 0 || ::open("/etc/shadow", O_RDONLY) >= 0 ? 3 : 0;
  });
  EXPECT_EQ(0, ended);
}

TEST(RightsTest, AUserStaysAndHasNoCapabilityLeft) {
  const auto ended = testing::exit_code_in_child([] {
    const bool root = ::geteuid() == 0;
    if (root && ::setresuid(1234, 1234, 1234) != 0) {
      return 1;
    }
    const uid_t before = ::geteuid();
    return become_nobody() && ::geteuid() == before && has_none() && !has_rights() ? 0 : 2;
  });
  EXPECT_EQ(0, ended);
}

TEST(RightsTest, OnlyTheNamedCapabilitiesStay) {
  const auto ended = testing::exit_code_in_child([] {
    const bool root = ::geteuid() == 0;
    constexpr std::uint64_t kPtrace = std::uint64_t{1} << 19U;
    if (!keep_capabilities(kPtrace)) {
      return 1;
    }
    return status_of_self("CapEff") == (root ? "0000000000080000" : kNoCapability) ? 0 : 2;
  });
  EXPECT_EQ(0, ended);
}

TEST(CallFilterTest, WhatAReaderHasNoUseForIsRefused) {
  if (!has_filters()) {
    GTEST_SKIP() << "no seccomp here";
  }
  const auto ended = testing::exit_code_in_child([] {
    if (!gain_nothing() || !refuse(Refused::of_readers)) {
      return 1;
    }
    char typed = 'x';
    clone_args arguments{};
    arguments.flags = CLONE_NEWUSER;
    arguments.exit_signal = SIGCHLD;
    const std::function<bool()> calls[]{
        [] { return is_refused(::socket(AF_INET, SOCK_STREAM, 0)); },
        [] { return is_refused(::socket(AF_UNIX, SOCK_STREAM, 0)); },
        [] { return is_refused(::unshare(CLONE_NEWUSER)); },
        [] { return is_refused(::syscall(SYS_bpf, 0, nullptr, 0)); },
        [] { return is_refused(::syscall(SYS_io_uring_setup, 1, nullptr)); },
        [] { return is_refused(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)); },
        [&] { return ::syscall(SYS_clone3, &arguments, sizeof(arguments)) < 0 && errno == ENOSYS; },
        [&] { return is_refused(::ioctl(0, TIOCSTI, &typed)); },
    };
    int number = 10;
    for (const auto& call : calls) {
      if (!call()) {
        return number;
      }
      ++number;
    }
    return 0;
  });
  EXPECT_EQ(0, ended);
}

TEST(CallFilterTest, WhatAReaderNeedsGoesOn) {
  const auto ended = testing::exit_code_in_child([] {
    gain_nothing();
    refuse(Refused::of_readers);
    bool ran = false;
    std::thread([&ran] { ran = true; }).join();
    const auto child = testing::exit_code_in_child(
        [] { return ::execl("/bin/sh", "sh", "-c", "exit 7", nullptr); });
    return ran && child == 7 ? 0 : 1;
  });
  EXPECT_EQ(0, ended);
}

TEST(CallFilterTest, ProgramsAndChangesAreRefused) {
  if (!has_filters()) {
    GTEST_SKIP() << "no seccomp here";
  }
  const auto ended = testing::exit_code_in_child([] {
    if (!gain_nothing() || !refuse(Refused::programs) || !refuse(Refused::changes)) {
      return 1;
    }
    if (!kSanitized && !is_refused(::execl("/bin/true", "true", nullptr))) {
      return 2;
    }
    for (const int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC}) {
      if (!is_refused(::open("/tmp/wakepath-never", flags, 0600))) {
        return 3;
      }
    }
    if (!is_refused(::unlink("/tmp/wakepath-never")) ||
        !is_refused(::rename("/tmp/wakepath-never", "/tmp/wakepath-never2"))) {
      return 4;
    }
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 5;
  });
  EXPECT_EQ(0, ended);
}

TEST(CommandRightsTest, ATreeIsReadWithTwoCapabilitiesAtMost) {
  const auto ended = testing::exit_code_in_child([] {
    const bool root = ::geteuid() == 0;
    read_trees_only("/");
    const std::string wanted = root ? "0000000000080004" : kNoCapability;
    return status_of_self("CapEff") == wanted && status_of_self("NoNewPrivs") == "1" ? 0 : 1;
  });
  EXPECT_EQ(0, ended);
}

TEST(RightsTest, NothingOpensOutsideOfWhatIsNamed) {
  const auto ended = testing::exit_code_in_child([] {
    gain_nothing();
    if (!read_only_below({"/proc", "/dev/null"})) {
      return 9;
    }
    const auto opens = [](const char* path) { return Fd(::open(path, O_RDONLY | O_CLOEXEC)); };
    if (!opens("/proc/version") || !opens("/dev/null")) {
      return 1;
    }
    // The second leads out of /proc.
    return !opens("/etc/passwd") && !opens("/proc/self/root/etc/passwd") ? 0 : 2;
  });
  if (ended == 9) {
    GTEST_SKIP() << "this kernel has no Landlock";
  }
  EXPECT_EQ(0, ended);
}

TEST(CommandRightsTest, ATemporaryDirectoryOfRootIsForgotten) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "not root";
  }
  const auto ended = testing::exit_code_in_child([] {
    ::setenv("TMPDIR", "/root", 1);
    read_files_only();
    return std::getenv("TMPDIR") == nullptr ? 0 : 1;
  });
  EXPECT_EQ(0, ended);
}

}  // namespace
}  // namespace wakepath::privilege
