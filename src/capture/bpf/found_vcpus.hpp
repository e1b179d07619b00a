// SPDX-License-Identifier: GPL-2.0-or-later
// What two looks at the host's vCPU threads found.
#pragma once

#include <vector>

#include "wakepath/abi_event.h"

namespace wakepath::capture {

// Those of `before`, then those of `now`. A thread that has left KVM_RUN since is found by the
// first look alone, and the programs take it for named: how it is now is not known.
std::vector<wp_vcpu> merge_found_vcpus(std::vector<wp_vcpu> before,
                                       const std::vector<wp_vcpu>& now);

}  // namespace wakepath::capture
