// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/tree_copy.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace wakepath::host {
namespace {

namespace fs = std::filesystem;
using namespace std::string_literals;

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct TreeCopyTest : ::testing::Test {
  std::unique_ptr<TreeCopy> tree{std::move(*TreeCopy::create())};
  std::string at(const std::string& name) const { return tree->path() + "/" + name; }
};

TEST_F(TreeCopyTest, HoldsWhatItIsGivenAndGoesAway) {
  ASSERT_TRUE(tree->directory("proc/1/fd"));
  ASSERT_TRUE(tree->file("proc/irq/5/smp_affinity", "3\n", 0444));
  ASSERT_TRUE(tree->file("sys/long", "one, two", 0600));
  ASSERT_TRUE(tree->link("sys/bus/pci/devices/0000:00:01.0", "../../../devices/pci0/0000:00:01.0"));
  ASSERT_TRUE(tree->link("proc/1/fd/7", "anon_inode:kvm-vm"));
  ASSERT_TRUE(tree->link("proc/1/fd/8", "/dev/vfio/12"));
  EXPECT_TRUE(fs::is_directory(at("proc/1/fd")));
  EXPECT_EQ(content_of(at("proc/irq/5/smp_affinity")), "3\n");
  EXPECT_EQ(content_of(at("sys/long")), "one, two");
  // The mode says which interrupts are managed.
  const auto writable = [&](const char* name) {
    return (fs::status(at(name)).permissions() & fs::perms::owner_write) != fs::perms::none;
  };
  EXPECT_FALSE(writable("proc/irq/5/smp_affinity"));
  EXPECT_TRUE(writable("sys/long"));
  EXPECT_EQ(fs::read_symlink(at("proc/1/fd/7")), "anon_inode:kvm-vm");
  EXPECT_EQ(tree->left_out(), 0U);
  const std::string path = tree->path();
  tree.reset();
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(TreeCopyTest, NoNameLeadsOut) {
  for (const std::string& name :
       {"../x"s, "/etc/x"s, "proc/../../x"s, "proc//../x"s, "proc/./x"s, "etc/x"s, "proc/x/"s, ""s,
        "proc/a\0b"s, "proc/" + std::string(5000, 'x')}) {
    ASSERT_TRUE(tree->file(name, "", 0644));
    ASSERT_TRUE(tree->link(name, "y"));
    ASSERT_TRUE(tree->directory(name));
  }
  EXPECT_EQ(tree->left_out(), 30U);
  EXPECT_TRUE(fs::is_empty(tree->path()));
}

// The first snapshots wrote such names of a VM in the root of its hierarchy.
TEST_F(TreeCopyTest, AnEmptyComponentOfAFilesNameIsNone) {
  ASSERT_TRUE(tree->file("sys/fs/cgroup/cpus", "0-3", 0444));
  ASSERT_TRUE(tree->file("sys/fs/cgroup//cpus", "0-1", 0444));
  ASSERT_TRUE(tree->file("sys/fs/cgroup/cpuset///cpus", "2", 0444));
  EXPECT_EQ(tree->left_out(), 0U);
  EXPECT_EQ(content_of(at("sys/fs/cgroup/cpus")), "0-3") << "what came first stays";
  EXPECT_EQ(content_of(at("sys/fs/cgroup/cpuset/cpus")), "2");
  ASSERT_TRUE(tree->link("sys/alias", "target"));
  ASSERT_TRUE(tree->file("sys//alias", "x", 0644));
  ASSERT_TRUE(tree->file("sys//fs", "x", 0644));
  ASSERT_TRUE(tree->link("sys//other", "target"));
  ASSERT_TRUE(tree->directory("sys//folder"));
  EXPECT_EQ(tree->left_out(), 4U);
  EXPECT_EQ(some_of(tree->left_out_names(), tree->left_out()),
            "sys//alias, sys//fs, sys//other and 1 more");
}

TEST_F(TreeCopyTest, NoFileIsWrittenThroughALink) {
  ASSERT_TRUE(tree->directory("sys/there"));
  ASSERT_TRUE(tree->link("sys/way", "there"));
  ASSERT_TRUE(tree->file("sys/way/file", "x", 0644));
  ASSERT_TRUE(tree->link("sys/alias", "target"));
  ASSERT_TRUE(tree->file("sys/alias", "x", 0644));
  EXPECT_EQ(tree->left_out(), 2U);
  EXPECT_TRUE(fs::is_empty(at("sys/there")));
  EXPECT_FALSE(fs::exists(at("sys/target")));
}

TEST(TreeCopy, ALinkLeadsToSomethingInside) {
  EXPECT_TRUE(is_link_inside("sys/a/b", "../c/d"));
  EXPECT_TRUE(is_link_inside("sys/a/b", "../../sys/c"));
  EXPECT_TRUE(is_link_inside("proc/5/fd/3", "/dev/vfio/12"));
  EXPECT_FALSE(is_link_inside("sys/a/b", "../../../etc"));
  EXPECT_FALSE(is_link_inside("sys/a/b", "/etc/shadow"));
  EXPECT_FALSE(is_link_inside("sys/a/b", "c/../../d")) << "c may be a link that leads up";
  EXPECT_FALSE(is_link_inside("proc/5/fd/3", "/dev/vfio/../../etc"));
  EXPECT_FALSE(is_link_inside("proc/cmdline", "/dev/vfio/1")) << "it would be opened";
  EXPECT_FALSE(is_link_inside("sys/a/b", ""));
  EXPECT_FALSE(is_link_inside("sys/a/b", "c//d"));
}

TEST_F(TreeCopyTest, DepthHasABound) {
  std::string deep = "proc";
  for (int i = 0; i < 31; ++i) {
    deep += "/a";
  }
  ASSERT_TRUE(tree->file(deep, "", 0644));
  EXPECT_EQ(tree->left_out(), 0U);
  ASSERT_TRUE(tree->file(deep + "/a/a", "", 0644));
  EXPECT_EQ(tree->left_out(), 1U);
}

TEST_F(TreeCopyTest, FilesOfOneDirectoryAndOfAnotherInTurnComeToTheirPlaces) {
  for (const char* name :
       {"proc/1/a", "proc/2/a", "proc/1/b", "proc/1/c/d", "proc/1/e", "sys/1/a"}) {
    ASSERT_TRUE(tree->file(name, name, 0644));
  }
  EXPECT_EQ(content_of(at("proc/1/b")), "proc/1/b");
  EXPECT_EQ(content_of(at("proc/1/e")), "proc/1/e");
  EXPECT_EQ(content_of(at("sys/1/a")), "sys/1/a");
  EXPECT_EQ(tree->left_out(), 0U);
}

TEST_F(TreeCopyTest, WhatAKilledProcessLeftGoesWithTheNextTree) {
  const fs::path left = fs::path(tree->path()).parent_path() / "wakepath-host-killed";
  fs::create_directories(left / "proc" / "1");
  const auto next = std::move(*TreeCopy::create());
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(tree->path())) << "somebody uses this one";
  EXPECT_TRUE(fs::exists(next->path()));
}

}  // namespace
}  // namespace wakepath::host
