// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/crossed_nodes.hpp"

#include <gtest/gtest.h>

namespace wakepath::findings {
namespace {

WakeChain over(std::initializer_list<std::uint32_t> cpus) {
  WakeChain wake;
  for (const std::uint32_t cpu : cpus) {
    Stage& stage = wake.stages.emplace_back();
    stage.cpu = cpu;
  }
  return wake;
}

TEST(CrossedNodes, TellsTheWayOnlyWhereItLeadsOverSeveral) {
  const NodeOfCpu nodes{{0, 0}, {1, 1}, {2, 0}, {3, 1}};
  EXPECT_EQ(crossed_nodes(over({0, 2, 0}), nodes), "");
  EXPECT_EQ(crossed_nodes(over({0, 9}), nodes), "") << "of one CPU the node is not known";
  EXPECT_EQ(crossed_nodes(over({0, 1}), {}), "");
  EXPECT_EQ(crossed_nodes(over({}), nodes), "");
  EXPECT_EQ(crossed_nodes(over({0, 0, 2, 3, 3}), nodes),
            "Its way led over 2 NUMA nodes: CPU 0 (node 0), then CPU 2 (node 0), then CPU 3 (node "
            "1). Keep the vCPU and what wakes it on the node that has the VM's memory (wakepath "
            "audit compares vCPUs and memory).");
}

}  // namespace
}  // namespace wakepath::findings
