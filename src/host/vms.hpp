// SPDX-License-Identifier: GPL-2.0-or-later
// The VMs of a host, from the open files of their processes. Without root these are the user's own
// VMs alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "util/cpu_set.hpp"

namespace wakepath::host {

struct Vm {
  std::string name;
  std::uint32_t pid{};
  std::vector<std::string> vfio;  // its open files below /dev/vfio
  CpuSet cpus;                    // where its vCPU threads may run
};

std::vector<Vm> read_vms(const std::string& root);

}  // namespace wakepath::host
