// SPDX-License-Identifier: GPL-2.0-or-later
// The shape of the running kernel, from its BTF.
#pragma once

#include "capture/bpf/features.hpp"
#include "wakepath/result.hpp"

namespace wakepath::capture {

inline constexpr const char* kVmlinuxBtf = "/sys/kernel/btf/vmlinux";

// Needs no privilege. Error: unsupported, where the kernel has no BTF.
Result<Features> probe_features();

}  // namespace wakepath::capture
