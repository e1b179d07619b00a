// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/vcpu_habits.hpp"

#include <array>
#include <optional>

namespace wakepath::analysis {

namespace {

std::optional<std::uint64_t> median(const Histogram& totals) {
  constexpr std::array kHalf{0.5};
  return totals.count() >= needed_for_quantile(kHalf[0])
             ? std::optional(totals.quantiles(kHalf).front())
             : std::nullopt;
}

// DABT_LOW and EPT_MISCONFIG may be a device's registers.
bool is_fault(const GuestExit& exit, std::uint64_t entry_ns) {
  constexpr std::uint64_t kAtOnce = 20'000;
  return exit.at_ns - entry_ns <= kAtOnce &&
         (exit.reason == "IABT_LOW" || exit.reason == "EPT_VIOLATION" || exit.reason == "npf");
}

}  // namespace

void VcpuHabits::add(const WakeChain& chain) {
  const auto kind = total_kind(chain);
  if (!kind || (vcpus_.size() >= kMostHabits && !vcpus_.contains(chain.who.tid))) {
    return;
  }
  Vcpu& vcpu = vcpus_[chain.who.tid];
  const bool moved = chain.flags.has(Flag::migrated);
  vcpu.who = chain.who;
  ++vcpu.wakes;
  vcpu.moved += moved ? 1U : 0U;
  if (chain.first_exit && chain.ends_at == EndsAt::kvm_entry) {
    ++vcpu.left_seen;
    vcpu.faulted += is_fault(*chain.first_exit, chain.end_ns) ? 1U : 0U;
  }
  vcpu.cpus.insert(chain.stages.back().cpu);
  (moved ? vcpu.moved_totals : vcpu.other_totals)[static_cast<std::size_t>(*kind)].add(
      chain.total_ns());
}

std::vector<VcpuHabit> VcpuHabits::rows(TotalKind kind) const {
  const auto of = static_cast<std::size_t>(kind);
  std::vector<VcpuHabit> out;
  for (const auto& [tid, vcpu] : vcpus_) {
    if (vcpu.moved != 0 || vcpu.faulted != 0) {
      out.push_back({vcpu.who,
                     vcpu.wakes,
                     vcpu.moved,
                     {vcpu.cpus.begin(), vcpu.cpus.end()},
                     median(vcpu.moved_totals[of]),
                     median(vcpu.other_totals[of]),
                     vcpu.left_seen,
                     vcpu.faulted});
    }
  }
  return out;
}

}  // namespace wakepath::analysis
