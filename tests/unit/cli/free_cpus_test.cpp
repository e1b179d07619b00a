// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/free_cpus.hpp"

#include <gtest/gtest.h>

namespace wakepath::cli {
namespace {

WakeChain wake_on(std::uint32_t cpu) {
  WakeChain chain;
  chain.stages.emplace_back().cpu = 7;  // of the host: its interrupt
  chain.stages.emplace_back().cpu = cpu;
  return chain;
}

TEST(FreeCpus, AreOnlineAndNotKeptForGuestsAndWokeNone) {
  Settings settings{{"sys/devices/system/cpu/online", "0-7\n"},
                    {"sys/devices/system/cpu/isolated", "2-3\n"},
                    {"sys/devices/system/cpu/nohz_full", "  (null)\n"}};
  GuestCpus guests{Selection{}};
  guests.see(wake_on(4));
  EXPECT_EQ(guests.free(settings).text(), "0-1,5-7");
  settings["sys/devices/system/cpu/nohz_full"] = "5\n";
  settings["sys/fs/cgroup/cpuset.cpus.isolated"] = "6\n";
  EXPECT_EQ(guests.free(settings).text(), "0-1,7");
}

TEST(FreeCpus, AreNoneWhereNotAllIsKnown) {
  const Settings settings{{"sys/devices/system/cpu/online", "0-7\n"},
                          {"sys/devices/system/cpu/isolated", "\n"}};
  EXPECT_EQ(GuestCpus(Selection{}).free(settings).text(), "0-7");
  EXPECT_TRUE(GuestCpus(Selection{}).free({}).empty());
  Settings unknown = settings;
  unknown["sys/devices/system/cpu/isolated"] = "?";
  EXPECT_TRUE(GuestCpus(Selection{}).free(unknown).empty());
  Selection one;
  one.vms = {"web1"};
  EXPECT_TRUE(GuestCpus(one).free(settings).empty()) << "other VMs may have them";
}

}  // namespace
}  // namespace wakepath::cli
