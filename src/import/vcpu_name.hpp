// SPDX-License-Identifier: GPL-2.0-or-later
// What VMMs call the threads of their vCPUs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wakepath::foreign {

// The vCPU's number where `comm` is such a name: "CPU 2/KVM" (QEMU), "fc_vcpu 2" (Firecracker),
// "vcpu2" (Cloud Hypervisor), "crosvm_vcpu2", "kvm-vcpu-2" (kvmtool). QEMU's "CPU 2/TCG" is none.
std::optional<std::uint32_t> vcpu_number(std::string_view comm);

}  // namespace wakepath::foreign
