// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "cli/setting_tap.hpp"
#include "findings/crossed_nodes.hpp"

namespace wakepath::cli {

// How the names of their files begin.
inline constexpr const char* kNodeFiles = "sys/devices/system/node/node";

// The NUMA nodes of a recording's host. Lists that can't be read are left out.
findings::NodeOfCpu nodes_of(const Settings& settings);

}  // namespace wakepath::cli
