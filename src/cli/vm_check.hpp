// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "wakepath/result.hpp"

namespace wakepath::cli {

// Is each VM that was asked for there? Error: usage, with the VMs that are.
Result<void> check_vms(const std::vector<std::string>& wanted,
                       const std::vector<std::string>& known);

}  // namespace wakepath::cli
