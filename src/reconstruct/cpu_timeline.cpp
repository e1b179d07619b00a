// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/cpu_timeline.hpp"

namespace wakepath::reconstruct {

void CpuTimeline::forget_oldest() { holders_.release(id(oldest_++)); }

void CpuTimeline::set(std::uint64_t time_ns, const Holder& holder) {
  constexpr std::size_t kFirst = 64;
  if (set_ != oldest_) {
    if (this->holder(set_ - 1) == holder) {
      return;
    }
    time_ns = std::max(time_ns, last_ns_);
    while (set_ != oldest_ && (set_ - oldest_ == kKept || time_ns - at_ns(oldest_) > kReachNs)) {
      forget_oldest();
    }
  }
  if (set_ == ring_.size() && set_ < kKept) {
    // Full for the first time, so its numbers are its places still.
    ring_.resize(std::max(kFirst, 2 * ring_.size()));
  }
  last_ns_ = time_ns;
  change(set_++) = time_ns << kIdBits | holders_.take(holder);
}

void CpuTimeline::relabel(const Holder& holder) {
  if (set_ == oldest_ || this->holder(set_ - 1) == holder) {
    return;
  }
  std::uint64_t& last = change(set_ - 1);
  holders_.release(id(set_ - 1));
  last = (last & ~kIdMask) | holders_.take(holder);
}

// Most callers ask for times near the end.
std::uint64_t CpuTimeline::first_after(std::uint64_t time_ns) const {
  std::uint64_t after = set_;
  for (std::uint64_t step = 1; after > oldest_ && at_ns(after - 1) > time_ns; step *= 2) {
    std::uint64_t before = after - std::min(step, after - oldest_);
    if (step == 1 || at_ns(before) > time_ns) {
      after = before;
      continue;
    }
    // Somewhere between the two.
    while (after - before > 1) {
      const std::uint64_t middle = before + (after - before) / 2;
      (at_ns(middle) > time_ns ? after : before) = middle;
    }
    break;
  }
  return after;
}

Holder CpuTimeline::at(std::uint64_t time_ns) const {
  const std::uint64_t after = first_after(time_ns);
  return after == oldest_ ? Holder{} : holder(after - 1);
}

}  // namespace wakepath::reconstruct
