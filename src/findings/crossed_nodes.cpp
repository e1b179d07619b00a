// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings/crossed_nodes.hpp"

#include <set>

#include <fmt/format.h>

namespace wakepath::findings {

std::string crossed_nodes(const WakeChain& wake, const NodeOfCpu& nodes) {
  std::set<std::uint32_t> crossed;
  std::string way;
  std::uint32_t last = 0;
  for (const Stage& stage : wake.stages) {
    const auto node = nodes.find(stage.cpu);
    if (node == nodes.end()) {
      return "";
    }
    if (way.empty() || stage.cpu != last) {
      way +=
          fmt::format("{}CPU {} (node {})", way.empty() ? "" : ", then ", stage.cpu, node->second);
    }
    last = stage.cpu;
    crossed.insert(node->second);
  }
  if (crossed.size() < 2) {
    return "";
  }
  return fmt::format(
      "Its way led over {} NUMA nodes: {}. Keep the vCPU and what wakes it on the node that has "
      "the VM's memory (wakepath audit compares vCPUs and memory).",
      crossed.size(), way);
}

}  // namespace wakepath::findings
