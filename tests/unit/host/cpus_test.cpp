// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "host/host_facts.hpp"
#include "tree.hpp"

namespace wakepath::host {
namespace {

using CpusTest = Tree;
using KernelTest = Tree;

TEST_F(CpusTest, ReadsAnIsolatedHost) {
  put("sys/devices/system/cpu/possible", "0-3\n");
  put("sys/devices/system/cpu/online", "0-3\n");
  put("sys/devices/system/cpu/isolated", "2-3\n");
  put("sys/devices/system/cpu/nohz_full", "1-2\n");
  const auto cpus = read_cpus(root()).value();
  EXPECT_EQ(cpus.possible, 4U);
  EXPECT_EQ(cpus.online.text(), "0-3");
  EXPECT_EQ(cpus.isolated.text(), "2-3");
  EXPECT_EQ(cpus.nohz_full.text(), "1-2");
  EXPECT_EQ(housekeeping(cpus).text(), "0");
}

TEST_F(CpusTest, TakesWhatIsMissingAsNone) {
  put("sys/devices/system/cpu/possible", "0-7\n");
  put("sys/devices/system/cpu/isolated", "\n");
  put("sys/devices/system/cpu/nohz_full", "  (null)\n");
  const auto cpus = read_cpus(root()).value();
  EXPECT_EQ(cpus.possible, 8U);
  EXPECT_EQ(cpus.online.text(), "0-7");
  EXPECT_TRUE(cpus.isolated.empty());
  EXPECT_TRUE(cpus.nohz_full.empty());
}

TEST_F(CpusTest, PossibleIsTheHighestNumberNotTheCount) {
  put("sys/devices/system/cpu/possible", "0,4\n");
  EXPECT_EQ(read_cpus(root()).value().possible, 5U);
}

TEST_F(CpusTest, KeepsAllWhereIsolationLeavesNone) {
  put("sys/devices/system/cpu/possible", "0-1\n");
  put("sys/devices/system/cpu/isolated", "0-1\n");
  EXPECT_EQ(housekeeping(read_cpus(root()).value()).text(), "0-1");
}

TEST_F(CpusTest, RefusesNonsense) {
  EXPECT_EQ(read_cpus(root()).error().kind, ErrorKind::unsupported);
  put("sys/devices/system/cpu/possible", "\n");
  EXPECT_EQ(read_cpus(root()).error().kind, ErrorKind::unsupported);
  put("sys/devices/system/cpu/possible", "0-99999999\x1b[2J\n");
  const auto error = read_cpus(root()).error();
  EXPECT_EQ(error.kind, ErrorKind::unsupported);
  EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
}

TEST_F(KernelTest, ReadsReleaseAndMachine) {
  put("proc/sys/kernel/osrelease", "6.1.0-50-arm64\n");
  put("proc/sys/kernel/arch", "aarch64\n");
  const auto kernel = read_kernel(root()).value();
  EXPECT_EQ(kernel.release, "6.1.0-50-arm64");
  EXPECT_EQ(kernel.machine, "aarch64");
}

TEST_F(KernelTest, KnowsTheMachineOfAnOlderKernelByItsCpus) {
  put("proc/sys/kernel/osrelease", "4.14.0\n");
  EXPECT_EQ(read_kernel(root()).value().machine, "");
  put("proc/cpuinfo", "processor\t: 0\nCPU implementer\t: 0x41\n");
  EXPECT_EQ(read_kernel(root()).value().machine, "aarch64");
  put("proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n");
  EXPECT_EQ(read_kernel(root()).value().machine, "x86_64");
}

TEST_F(KernelTest, SaysThatProcIsMissing) {
  EXPECT_EQ(read_kernel(root()).error().kind, ErrorKind::unsupported);
}

TEST(ThisHost, IsReadable) {
  const auto cpus = read_cpus("/");
  ASSERT_TRUE(cpus) << cpus.error().message;
  EXPECT_GE(cpus->possible, 1U);
  EXPECT_FALSE(housekeeping(*cpus).empty());
  const auto kernel = read_kernel("/");
  ASSERT_TRUE(kernel) << kernel.error().message;
  EXPECT_FALSE(kernel->machine.empty());
}

}  // namespace
}  // namespace wakepath::host
