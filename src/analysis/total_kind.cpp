// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/total_kind.hpp"

#include <array>

namespace wakepath::analysis {

std::string_view name_of(TotalKind kind) {
  constexpr std::array<std::string_view, kTotalKinds> kNames{"total", "total_to_sched_in",
                                                             "total_from_irq"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool is_measured(const WakeChain& chain) {
  return !chain.flags.has(Flag::lossy) && !chain.flags.has(Flag::missed_program) &&
         !chain.flags.has(Flag::untimed);
}

std::optional<TotalKind> total_kind(const WakeChain& chain) {
  if (!is_measured(chain) || chain.stages.empty()) {
    return std::nullopt;
  }
  const StageKind last = chain.stages.back().kind;
  const bool got_cpu = last == StageKind::wake_delay || last == StageKind::poll_exit ||
                       last == StageKind::vcpu_entry;
  const bool whole = !chain.flags.has(Flag::no_root) && !chain.flags.has(Flag::cut) &&
                     !chain.flags.has(Flag::reblocked);
  if (!got_cpu || !whole) {
    return std::nullopt;
  }
  return chain.ends_at == EndsAt::sched_in  ? TotalKind::to_sched_in
         : chain.flags.has(Flag::no_expiry) ? TotalKind::from_irq
                                            : TotalKind::to_entry;
}

}  // namespace wakepath::analysis
