// SPDX-License-Identifier: GPL-2.0-or-later
// Which vCPUs were woken to another CPU than they had slept on, how often, and what it cost; and
// which left their guests at once, for memory that was not mapped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "analysis/histogram.hpp"
#include "analysis/total_kind.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

inline constexpr std::size_t kMostHabits = 4096;  // those that come first

class VcpuHabits {
 public:
  void add(const WakeChain& chain);
  // Of the vCPUs that did any of it. `kind`: of which totals.
  [[nodiscard]] std::vector<VcpuHabit> rows(TotalKind kind) const;

 private:
  struct Vcpu {
    VcpuIdentity who;
    std::uint64_t wakes{}, moved{}, left_seen{}, faulted{};
    std::set<std::uint32_t> cpus;
    std::array<Histogram, kTotalKinds> moved_totals, other_totals;
  };
  std::map<std::uint32_t, Vcpu> vcpus_;  // by thread
};

}  // namespace wakepath::analysis
