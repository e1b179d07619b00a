// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/cpu_timeline.hpp"

namespace wakepath::reconstruct {

void CpuTimeline::set(std::uint64_t time_ns, const Holder& holder) {
  constexpr std::size_t kFirst = 64;
  if (set_ != 0) {
    const Change& last = change(set_ - 1);
    if (last.holder == holder) {
      return;
    }
    time_ns = std::max(time_ns, last.at_ns);
  }
  if (set_ == ring_.size() && set_ < kKept) {
    // Full for the first time, so its numbers are its places still.
    ring_.resize(std::max(kFirst, 2 * ring_.size()));
  }
  change(set_++) = {time_ns, holder};
}

// Most of what is asked for lies at the end.
std::uint64_t CpuTimeline::first_after(std::uint64_t time_ns) const {
  std::uint64_t after = set_;
  for (std::uint64_t step = 1; after > oldest() && change(after - 1).at_ns > time_ns; step *= 2) {
    std::uint64_t before = after - std::min(step, after - oldest());
    if (step == 1 || change(before).at_ns > time_ns) {
      after = before;
      continue;
    }
    // Somewhere between the two.
    while (after - before > 1) {
      const std::uint64_t middle = before + (after - before) / 2;
      (change(middle).at_ns > time_ns ? after : before) = middle;
    }
    break;
  }
  return after;
}

Holder CpuTimeline::at(std::uint64_t time_ns) const {
  const std::uint64_t after = first_after(time_ns);
  return after == oldest() ? Holder{} : change(after - 1).holder;
}

}  // namespace wakepath::reconstruct
