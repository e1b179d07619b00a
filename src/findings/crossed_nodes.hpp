// SPDX-License-Identifier: GPL-2.0-or-later
// A wake whose way leads from one NUMA node to another.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "wakepath/wake_chain.hpp"

namespace wakepath::findings {

using NodeOfCpu = std::map<std::uint32_t, std::uint32_t>;

// For people: "Its way led over 2 NUMA nodes: ...". Empty: it did not, or the nodes of its CPUs
// are not known.
std::string crossed_nodes(const WakeChain& wake, const NodeOfCpu& nodes);

}  // namespace wakepath::findings
