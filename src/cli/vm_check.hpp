// SPDX-License-Identifier: GPL-2.0-or-later
// Is there what was selected? A filter that matches nothing is an error, not "no wakes".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wakepath/pipeline.hpp"
#include "wakepath/result.hpp"

namespace wakepath::cli {

// Is each VM that was asked for there? Error: usage, with the VMs that are.
Result<void> check_vms(const std::vector<std::string>& wanted,
                       const std::vector<std::string>& known);

// The same for VMs by name or process id, as `vms` and `vcpus` know them.
Result<void> check_vms(const Selection& selection, std::vector<std::string> vms,
                       const std::vector<VcpuIdentity>& vcpus, bool live);

// Are the vCPUs and threads there, in the VMs that are selected? Error: usage, with those that are.
Result<void> check_vcpus(const Selection& selection, const std::vector<VcpuIdentity>& vcpus);

// Is there a wake of this number, of `wakes` in all? Error: usage, with the numbers that are.
Result<void> check_wake(std::uint64_t wanted, std::uint64_t wakes);

}  // namespace wakepath::cli
