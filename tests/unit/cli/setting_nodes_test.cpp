// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/setting_nodes.hpp"

#include <gtest/gtest.h>

namespace wakepath::cli {
namespace {

TEST(SettingNodes, AreThoseOfEachNodesList) {
  const Settings settings{{"sys/devices/system/node/node0/cpulist", "0,2\n"},
                          {"sys/devices/system/node/node1/cpulist", "1,3\n"},
                          {"sys/devices/system/node/node10/cpulist", "7"},
                          {"sys/devices/system/node/node2/cpulist", "no list"},
                          {"sys/devices/system/node/node3/cpumap", "f\n"},
                          {"sys/devices/system/node/node99999999999/cpulist", "9\n"},
                          {"sys/devices/system/node/possible", "0-1\n"}};
  EXPECT_EQ(nodes_of(settings), (findings::NodeOfCpu{{0, 0}, {1, 1}, {2, 0}, {3, 1}, {7, 10}}));
  EXPECT_TRUE(nodes_of({}).empty());
}

}  // namespace
}  // namespace wakepath::cli
