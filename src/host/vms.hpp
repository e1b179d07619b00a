// SPDX-License-Identifier: GPL-2.0-or-later
// The VMs of a host, from what their processes have open: without root, one's own only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "util/cpu_set.hpp"

namespace wakepath::host {

struct Vm {
  std::string name;
  std::uint32_t pid{};
  std::vector<std::string> vfio;  // files below /dev/vfio that it has open
  CpuSet cpus;                    // where its vCPU threads may run
};

std::vector<Vm> read_vms(const std::string& root);

}  // namespace wakepath::host
