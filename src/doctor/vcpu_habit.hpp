// SPDX-License-Identifier: GPL-2.0-or-later
// Does a vCPU ever block? A vCPU that does not has no wakes to trace. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/thread_usage.hpp"
#include "wakepath/finding.hpp"

namespace wakepath::doctor {

struct VcpuSample {
  host::ThreadUsage before;
  host::ThreadUsage after;
  std::uint64_t elapsed_ns{};
  std::uint64_t ticks_per_second{100};
  // Wakes that halt polling met in that time, of all VMs of the host; nullopt: not known.
  std::optional<std::uint64_t> polls;
  bool arm64{false};
};

struct VcpuHabit {
  enum class Kind { not_judged, blocks, idle, in_guest, in_kernel, in_vmm } kind{Kind::idle};
  std::string text;
  std::string rule{};  // of the finding; empty where nothing is to mend
  std::vector<Fix> fixes{};
  // Of the finding: medium where other vCPUs of the host may have been the cause of a figure.
  Confidence confidence{Confidence::high};
  std::vector<Figure> evidence{};
};

// A vCPU that was looked at for less time is not judged: one sleep would decide.
inline constexpr std::uint64_t kLeastSampleNs = 500'000'000;

VcpuHabit habit_of(const VcpuSample& sample);

}  // namespace wakepath::doctor
