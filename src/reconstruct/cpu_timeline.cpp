// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/cpu_timeline.hpp"

#include <algorithm>

namespace wakepath::reconstruct {

void CpuTimeline::set(std::uint64_t time_ns, const Holder& holder) {
  if (!changes_.empty()) {
    if (changes_.back().holder == holder) {
      return;
    }
    time_ns = std::max(time_ns, changes_.back().at_ns);
  }
  changes_.push_back({time_ns, holder});
  if (changes_.size() > kKept) {
    changes_.pop_front();
  }
}

CpuTimeline::Changes::const_iterator CpuTimeline::before(std::uint64_t time_ns) const {
  const auto after = std::upper_bound(
      changes_.begin(), changes_.end(), time_ns,
      [](std::uint64_t time, const Change& change) { return time < change.at_ns; });
  return after == changes_.begin() ? changes_.end() : after - 1;
}

Holder CpuTimeline::at(std::uint64_t time_ns) const {
  const auto change = before(time_ns);
  return change == changes_.end() ? Holder{} : change->holder;
}

}  // namespace wakepath::reconstruct
