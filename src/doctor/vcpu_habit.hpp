// SPDX-License-Identifier: GPL-2.0-or-later
// Does a vCPU ever block? One that does not has no wakes to trace. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "host/thread_usage.hpp"

namespace wakepath::doctor {

struct VcpuSample {
  host::ThreadUsage before;
  host::ThreadUsage after;
  std::uint64_t elapsed_ns{};
  std::uint64_t ticks_per_second{100};
  // Wakes that halt polling met meanwhile, all VMs of the host; nullopt: not known.
  std::optional<std::uint64_t> polls;
  bool arm64{false};
};

struct VcpuHabit {
  enum class Kind { blocks, idle, in_guest, in_kernel, in_vmm } kind{Kind::idle};
  std::string text;
  std::string fix;  // empty where there is none, or nothing to mend
};

VcpuHabit habit_of(const VcpuSample& sample);

}  // namespace wakepath::doctor
