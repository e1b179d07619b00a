// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/irq_affinity.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "host/host_facts.hpp"
#include "host/irq_settings.hpp"
#include "host/read_file.hpp"
#include "tree.hpp"

namespace wakepath::host {
namespace {

using IrqAffinityTest = Tree;
using IrqCountsTest = Tree;
using FindProcessTest = Tree;

TEST_F(IrqAffinityTest, WritesTheList) {
  put("proc/irq/57/smp_affinity_list", "0-3\n");
  const auto file = IrqAffinityFile::open(root(), 57);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->write("1-2"), 0);
  EXPECT_EQ(read_file(root() + "/proc/irq/57/smp_affinity_list"), "1-2\n");
}

TEST_F(IrqAffinityTest, MakesNothingThatIsNotThere) {
  put("proc/irq/57/node", "0\n");
  EXPECT_EQ(IrqAffinityFile::open(root(), 57).error(), ENOENT);
  EXPECT_EQ(IrqAffinityFile::open(root(), 58).error(), ENOENT);
  EXPECT_EQ(IrqAffinityFile::open(root() + "/nosuch", 57).error(), ENOENT);
  EXPECT_FALSE(std::filesystem::exists(root() + "/proc/irq/57/smp_affinity_list"));
}

TEST_F(IrqAffinityTest, FollowsNoLinkBelowTheRoot) {
  put("else/smp_affinity_list", "mine");
  link("proc/irq/57", "../../else");
  put("proc/irq/58/node", "0\n");
  link("proc/irq/58/smp_affinity_list", "../../../else/smp_affinity_list");
  EXPECT_EQ(IrqAffinityFile::open(root(), 57).error(), ENOTDIR);
  EXPECT_EQ(IrqAffinityFile::open(root(), 58).error(), ELOOP);
  EXPECT_EQ(read_file(root() + "/else/smp_affinity_list"), "mine");
}

TEST_F(IrqAffinityTest, WritesRegularFilesAlone) {
  std::filesystem::create_directories(root() + "/proc/irq/57/smp_affinity_list");
  EXPECT_FALSE(IrqAffinityFile::open(root(), 57));
  put("proc/irq/58/node", "0\n");
  ASSERT_EQ(::mkfifo((root() + "/proc/irq/58/smp_affinity_list").c_str(), 0600), 0);
  EXPECT_FALSE(IrqAffinityFile::open(root(), 58));
}

TEST_F(IrqCountsTest, AreOfTheCpusThatHaveSome) {
  put("sys/kernel/irq/57/per_cpu_count", "7,0,5\n");
  EXPECT_EQ(IrqDirectory(root()).counts(57), (std::vector<CpuCount>{{0, 7}, {2, 5}}));
}

TEST_F(IrqCountsTest, AreNotKnownWhereTheTextIsCutOrWrong) {
  // The kernel prints at most a page: with many CPUs the last ones and the newline are missing.
  put("sys/kernel/irq/57/per_cpu_count", "7,0,5");
  put("sys/kernel/irq/58/per_cpu_count", "7,x,5\n");
  put("sys/kernel/irq/59/per_cpu_count", "18446744073709551615,1\n");
  put("sys/kernel/irq/60/per_cpu_count", "\n");
  const IrqDirectory irqs(root());
  for (const std::uint32_t irq : {57U, 58U, 59U, 60U, 61U}) {
    EXPECT_FALSE(irqs.counts(irq)) << irq;
  }
  EXPECT_FALSE(IrqDirectory(root() + "/nosuch").counts(57));
}

TEST_F(FindProcessTest, FindsItByItsName) {
  put_process("7", "7", "irqbalanced");
  EXPECT_FALSE(find_irqbalance(root()));
  put_process("412", "412", "irqbalance");
  EXPECT_EQ(find_irqbalance(root()), 412U);
  EXPECT_FALSE(find_irqbalance(root() + "/nosuch"));
}

TEST_F(FindProcessTest, BelievesNoNameAlone) {
  put_process("412", "412", "irqbalance");
  put("proc/412/status", "Name:\tirqbalance\nTgid:\t412\nUid:\t1000\t1000\t1000\t1000\n");
  EXPECT_FALSE(find_irqbalance(root())) << "another user's";
  put("proc/412/status", "Name:\tirqbalance\nTgid:\t412\nUid:\t0\t0\t0\t0\n");
  EXPECT_TRUE(find_irqbalance(root()));
  const std::string program = root() + "/proc/412/exe";
  std::filesystem::create_symlink("/home/user/irq", program);
  EXPECT_FALSE(find_irqbalance(root())) << "another program";
  std::filesystem::remove(program);
  std::filesystem::create_symlink("/usr/sbin/irqbalance (deleted)", program);
  EXPECT_TRUE(find_irqbalance(root())) << "it has been upgraded since";
}

}  // namespace
}  // namespace wakepath::host
