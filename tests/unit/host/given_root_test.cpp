// SPDX-License-Identifier: GPL-2.0-or-later
// An archive in the place of a host's tree, and reading of it that is interrupted.
#include "host/given_root.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "host/archive.hpp"
#include "support/temporary_directory.hpp"

namespace wakepath::host {
namespace {

TEST(GivenRoot, WhatIsInterruptedIsCalledStoppedWhereverItWas) {
  const testing::TemporaryDirectory directory;
  const std::string name = directory.path() + "/host.tar.zst";
  auto archive = Archive::create(OutputPlan{.path = name});
  if (!archive && archive.error().kind == ErrorKind::unsupported) {
    GTEST_SKIP() << "built without libarchive";
  }
  ASSERT_TRUE(archive) << archive.error().message;
  for (const char* const file : {"proc/interrupts", "proc/cmdline", "proc/1/comm"}) {
    ASSERT_TRUE((*archive)->file(file, std::string(1'000'000, 'x'), 0444));
  }
  ASSERT_TRUE((*archive)->finish());

  int whole_after = 0;
  const int most_asked = 1000;
  for (int asked_until = 0; whole_after == 0 && asked_until < most_asked; ++asked_until) {
    int left = asked_until;
    const auto root = GivenRoot::open(name, [&left] { return left-- > 0; });
    if (root) {
      EXPECT_EQ(root->problem(), "");
      EXPECT_TRUE(std::filesystem::exists(root->path() + "/proc/1/comm"));
      whole_after = asked_until;
    } else {
      EXPECT_EQ(root.error().message, "stopped: " + name + " was not read to its end");
    }
  }
  EXPECT_GT(whole_after, 12) << "each of three files is read in four parts at least";
}

TEST(GivenRoot, AnInterruptedTextIsCalledStoppedToo) {
  const testing::TemporaryDirectory directory;
  const std::string name = directory.path() + "/interrupts";
  std::ofstream(name) << "           CPU0\n 24:  1  GIC 24 Level  x\n";
  const auto whole = GivenRoot::open(name, [] { return true; });
  if (!whole && whole.error().kind == ErrorKind::unsupported) {
    GTEST_SKIP() << "built without libarchive";
  }
  ASSERT_TRUE(whole) << whole.error().message;
  const auto root = GivenRoot::open(name, [] { return false; });
  ASSERT_FALSE(root);
}

}  // namespace
}  // namespace wakepath::host
