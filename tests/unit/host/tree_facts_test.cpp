// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/tree_facts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "host/tree.hpp"

namespace wakepath::host {
namespace {

struct Nobody final : RecordSink {
  Result<void> record(RecordView /*view*/) override { return {}; }
};

// One file needs several records.
struct TreeFactsTest : Tree {
  TreeFactsTest() {
    for (int i = 0; i < 40'000; ++i) {
      interrupts += std::to_string(i) + "\n";
    }
    put("proc/interrupts", interrupts);
    put("proc/cmdline", "quiet");
    facts = tree_facts(root());
  }
  static void hand_over(const std::vector<Fact>& facts, TreeFactsReader& to) {
    for (const Fact& fact : facts) {
      ASSERT_TRUE(to.record(*RecordView::at(encode(fact))));
    }
    ASSERT_NE(to.tree(), nullptr);
  }
  static HostFileFact& file_of(Fact& fact) { return std::get<HostFileFact>(fact); }
  static const HostFileFact& file_of(const Fact& fact) { return std::get<HostFileFact>(fact); }
  static std::string content_of(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  std::string interrupts;
  std::vector<Fact> facts;
  Nobody nobody;
  TreeFactsReader reader{nobody};
};

TEST_F(TreeFactsTest, ALongFileComesThrough) {
  hand_over(facts, reader);
  EXPECT_EQ(content_of(reader.tree()->path() + "/proc/interrupts"), interrupts);
  EXPECT_EQ(content_of(reader.tree()->path() + "/proc/cmdline"), "quiet");
  EXPECT_EQ(reader.left_out(), 0U);
}

TEST_F(TreeFactsTest, AFileThatLacksAPieceIsLeftOut) {
  int pieces = 0;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (file_of(facts[i]).name != "proc/interrupts") {
      continue;
    }
    ++pieces;
    std::vector<Fact> fewer = facts;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    TreeFactsReader another(nobody);
    hand_over(fewer, another);
    EXPECT_FALSE(std::filesystem::exists(another.tree()->path() + "/proc/interrupts")) << i;
    EXPECT_EQ(content_of(another.tree()->path() + "/proc/cmdline"), "quiet");
    EXPECT_EQ(another.left_out(), 1U) << i;
    EXPECT_EQ(another.left_out_names(), std::vector<std::string>{"proc/interrupts"});
  }
  EXPECT_GT(pieces, 2);
}

TEST_F(TreeFactsTest, ARecordThatComesTwiceIsTakenOnce) {
  std::vector<Fact> twice;
  for (const Fact& fact : facts) {
    twice.push_back(fact);
    if (file_of(fact).type == WP_HOST_FILE) {
      twice.push_back(fact);
    }
  }
  hand_over(twice, reader);
  EXPECT_EQ(content_of(reader.tree()->path() + "/proc/interrupts"), interrupts);
  EXPECT_EQ(content_of(reader.tree()->path() + "/proc/cmdline"), "quiet");
  EXPECT_EQ(reader.left_out(), 0U);
}

TEST_F(TreeFactsTest, OfTheFirstRecordingsOnlyShortFilesAreKnownToBeWhole) {
  for (Fact& fact : facts) {
    file_of(fact).record = std::min<std::uint64_t>(file_of(fact).record, 1);
    file_of(fact).records = 0;
  }
  hand_over(facts, reader);
  EXPECT_FALSE(std::filesystem::exists(reader.tree()->path() + "/proc/interrupts"));
  EXPECT_EQ(content_of(reader.tree()->path() + "/proc/cmdline"), "quiet");
  EXPECT_EQ(reader.left_out(), 1U);
}

// "/" in both hierarchies: their own directory, which is copied once.
TEST_F(TreeFactsTest, AVmInTheRootOfItsHierarchyIsNoDamage) {
  link("proc/95/fd/7", "anon_inode:kvm-vm");
  put("proc/95/cgroup", "4:cpuset:/\n0::/\n");
  put("sys/fs/cgroup/cpuset.cpus.effective", "0-3");
  put("sys/fs/cgroup/cpuset/cpuset.effective_cpus", "0-2");
  facts = tree_facts(root());
  hand_over(facts, reader);
  EXPECT_EQ(reader.left_out(), 0U) << reader.left_out_names().front();
  const std::string cgroups = reader.tree()->path() + "/sys/fs/cgroup/";
  EXPECT_EQ(content_of(cgroups + "cpuset.cpus.effective"), "0-3");
  EXPECT_EQ(content_of(cgroups + "cpuset/cpuset.effective_cpus"), "0-2");
  for (const Fact& fact : facts) {
    EXPECT_EQ(file_of(fact).name.find("//"), std::string::npos) << file_of(fact).name;
  }
}

TEST_F(TreeFactsTest, AFileWhoseRecordsDisagreeIsLeftOut) {
  for (Fact& fact : facts) {
    if (HostFileFact& file = file_of(fact); file.name == "proc/interrupts") {
      file.records = file.record == 0 ? 9 : file.record + 1;
    }
  }
  hand_over(facts, reader);
  EXPECT_FALSE(std::filesystem::exists(reader.tree()->path() + "/proc/interrupts"));
  EXPECT_EQ(reader.left_out(), 1U);
}

}  // namespace
}  // namespace wakepath::host
