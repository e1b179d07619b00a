// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/child.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace wakepath::foreign {
namespace {

Fd null_file() { return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

std::string output_of(const Child& child) {
  std::string text;
  std::array<char, 256> piece{};
  for (ssize_t got = 0; (got = ::read(child.output(), piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  return text;
}

TEST(ChildTest, HasItsTwoFilesAndNoOther) {
  const Fd file = null_file();
  auto child = Child::run(file.get(), {}, [](int input, int output) {
    int others = 0;
    for (int fd = 0; fd < 64; ++fd) {
      others += ::fcntl(fd, F_GETFD) >= 0 && fd > 2 && fd != input && fd != output ? 1 : 0;
    }
    const char text = static_cast<char>('0' + others);
    return ::write(output, &text, 1) == 1 && ::geteuid() != 0 ? 0 : 1;
  });
  ASSERT_TRUE(child);
  EXPECT_EQ("0", output_of(*child));
  EXPECT_EQ("", child->end());
}

TEST(ChildTest, HowItEndsIsTold) {
  const Fd file = null_file();
  auto crashed = Child::run(file.get(), {}, [](int, int) { return ::raise(SIGKILL); });
  ASSERT_TRUE(crashed);
  EXPECT_EQ("", output_of(*crashed));
  EXPECT_EQ("was killed by signal 9", crashed->end());
  EXPECT_EQ(-1, crashed->exit_code());

  auto failed = Child::run(file.get(), {}, [](int, int) { return 3; });
  ASSERT_TRUE(failed);
  EXPECT_EQ("", output_of(*failed));
  EXPECT_EQ("ended with code 3", failed->end());
  EXPECT_EQ(3, failed->exit_code());
}

TEST(ChildTest, OneThatLoopsIsEnded) {
  const Fd file = null_file();
  ChildLimits limits;
  limits.cpu_seconds = 1;
  auto child = Child::run(file.get(), limits, [](int, int) {
    volatile bool forever = true;
    while (forever) {
    }
    return 0;
  });
  ASSERT_TRUE(child);
  EXPECT_EQ("", output_of(*child));
  EXPECT_EQ("took too long", child->end());
}

TEST(ChildTest, OneThatWaitsForeverIsEnded) {
  const Fd file = null_file();
  auto child = Child::run(file.get(), {}, [](int, int) { return ::pause(); });
  ASSERT_TRUE(child);
  EXPECT_EQ("was killed by signal " + std::to_string(SIGTERM), child->end());
}

TEST(ChildTest, AProgramsOutputAndItsFirstComplaint) {
  const Fd file = null_file();
  auto child = Child::execute(
      file.get(), {}, {"sh", "-c", "echo out; printf '\\n  a \\033[31m word\\nmore' >&2; exit 4"});
  ASSERT_TRUE(child);
  EXPECT_EQ("out\n", output_of(*child));
  EXPECT_EQ("ended with code 4", child->end());
  EXPECT_EQ("a \\x1b[31m word", child->complaint());
}

TEST(ChildTest, AProgramThatIsNotThere) {
  const Fd file = null_file();
  auto child = Child::execute(file.get(), {}, {"wakepath-no-such-program"});
  ASSERT_TRUE(child);
  EXPECT_EQ("", output_of(*child));
  child->end();
  EXPECT_EQ(Child::kNotFound, child->exit_code());
}

}  // namespace
}  // namespace wakepath::foreign
