// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/child.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <sys/wait.h>
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

TEST(ChildTest, NeitherHasRights) {
  const Fd file = null_file();
  auto forked = Child::run(file.get(), {}, [](int, int output) {
    const Fd status(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
    std::array<char, 8192> text{};
    const ssize_t bytes = ::read(status.get(), text.data(), text.size());
    return ::write(output, text.data(), static_cast<std::size_t>(bytes)) == bytes ? 0 : 1;
  });
  auto program = Child::execute(file.get(), {}, {"cat", "/proc/self/status"});
  for (auto* child : {&forked, &program}) {
    ASSERT_TRUE(*child);
    const std::string status = output_of(**child);
    EXPECT_EQ("", (*child)->end());
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
      EXPECT_THAT(status, ::testing::HasSubstr(std::string(set) + ":\t0000000000000000\n"));
    }
    EXPECT_THAT(status, ::testing::HasSubstr("NoNewPrivs:\t1\n"));
    if (::geteuid() == 0) {
      EXPECT_THAT(status, ::testing::HasSubstr("Uid:\t65534\t65534\t65534\t65534\n"));
      EXPECT_THAT(status, ::testing::HasSubstr("Gid:\t65534\t65534\t65534\t65534\n"));
      EXPECT_THAT(status, ::testing::HasSubstr("CapBnd:\t0000000000000000\n"));
    }
  }
}

TEST(ChildTest, RootsHasANetworkOfItsOwn) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "not root";
  }
  const Fd file = null_file();
  const auto network = [] { return std::filesystem::read_symlink("/proc/self/ns/net").string(); };
  auto child = Child::execute(file.get(), {}, {"readlink", "/proc/self/ns/net"});
  ASSERT_TRUE(child);
  EXPECT_NE(network() + "\n", output_of(*child));
}

TEST(ChildTest, AProgramWritesLittleAndStartsNoOther) {
  const Fd file = null_file();
  const std::string name =
      std::filesystem::temp_directory_path() / ("wakepath-child-" + std::to_string(::getpid()));
  auto writes =
      Child::execute(file.get(), {}, {"dd", "if=/dev/zero", "of=" + name, "bs=1024", "count=100"});
  ASSERT_TRUE(writes);
  EXPECT_EQ("", output_of(*writes));
  EXPECT_NE("", writes->end());
  std::error_code none;
  EXPECT_EQ(65536u, std::filesystem::file_size(name, none));
  std::filesystem::remove(name, none);

  auto starts = Child::execute(file.get(), {}, {"sh", "-c", "/bin/echo one; /bin/echo two"});
  ASSERT_TRUE(starts);
  EXPECT_EQ("", output_of(*starts));
  EXPECT_NE("", starts->end());
  EXPECT_THAT(starts->complaint(), ::testing::HasSubstr("fork"));
}

TEST(ChildTest, ItDiesWithItsParent) {
  std::array<int, 2> ends{};
  ASSERT_EQ(0, ::pipe2(ends.data(), O_CLOEXEC));
  const pid_t parent = ::fork();
  if (parent == 0) {
    const Fd file = null_file();
    const int kept = ends[1];
    auto child = Child::run(file.get(), {}, [](int, int output) {
      const pid_t self = ::getpid();
      return ::write(output, &self, sizeof(self)) > 0 ? ::pause() : 1;
    });
    pid_t pid = 0;
    const bool known = child && ::read(child->output(), &pid, sizeof(pid)) == sizeof(pid);
    ::_exit(known && ::write(kept, &pid, sizeof(pid)) == sizeof(pid) ? 0 : 1);
  }
  pid_t pid = 0;
  ASSERT_EQ(static_cast<ssize_t>(sizeof(pid)), ::read(ends[0], &pid, sizeof(pid)));
  ::waitpid(parent, nullptr, 0);
  bool gone = false;
  for (int tries = 0; tries < 500 && !gone; ++tries) {
    std::ifstream state("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    gone = !std::getline(state, text) || text.find(") Z ") != std::string::npos;
    ::usleep(10'000);
  }
  EXPECT_TRUE(gone);
  ::close(ends[0]);
  ::close(ends[1]);
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
