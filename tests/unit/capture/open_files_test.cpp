// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/open_files.hpp"

#include <cstdlib>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace wakepath::capture {
namespace {

constexpr rlim_t kLow = 64;

void limit(rlim_t soft, rlim_t hard) {
  const rlimit value{soft, hard};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &value), 0);
}

rlim_t soft_limit() {
  rlimit value{};
  ::getrlimit(RLIMIT_NOFILE, &value);
  return value.rlim_cur;
}

// Each in a process of its own: what it lowers can't be raised again without privilege.
TEST(OpenFiles, AreRaisedForTheCpusThatThereAre) {
  EXPECT_EXIT(
      {
        rlimit value{};
        ::getrlimit(RLIMIT_NOFILE, &value);
        limit(kLow, value.rlim_max);
        const bool raised = allow_open_files(4) && soft_limit() > kLow;
        std::_Exit(raised ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(OpenFiles, AreAskedForWhereTheyCanNotBeRaised) {
  EXPECT_EXIT(
      {
        limit(kLow, kLow);
        constexpr uid_t kNobody = 65534;
        if (::getuid() == 0 && ::setuid(kNobody) != 0) {
          std::_Exit(2);
        }
        const auto allowed = allow_open_files(4096);
        const bool said = !allowed && allowed.error().kind == ErrorKind::not_permitted &&
                          allowed.error().message.find("16896 open files") != std::string::npos &&
                          allowed.error().fix.find("ulimit -n 16896") != std::string::npos;
        std::_Exit(said && soft_limit() == kLow ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(OpenFiles, AreLeftAloneWhereTheyAreEnough) {
  EXPECT_EXIT(
      {
        rlimit value{};
        ::getrlimit(RLIMIT_NOFILE, &value);
        limit(value.rlim_max, value.rlim_max);
        std::_Exit(allow_open_files(1) && soft_limit() == value.rlim_max ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace wakepath::capture
