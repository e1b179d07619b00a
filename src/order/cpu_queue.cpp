// SPDX-License-Identifier: GPL-2.0-or-later
#include "order/cpu_queue.hpp"

#include <algorithm>
#include <iterator>

namespace wakepath::order {

std::span<const Event> CpuQueue::older_than(std::uint64_t watermark_ns) {
  const auto run = std::span<const Event>(run_).subspan(begin_);
  const auto end = std::ranges::lower_bound(run, watermark_ns, {}, &Event::time_ns);
  told_ = static_cast<std::size_t>(std::distance(run.begin(), end));
  const auto strays_end = strays_.lower_bound(watermark_ns);
  if (strays_end == strays_.begin()) {
    return run.first(told_);
  }
  // Of one time, an event of the run came first: a stray was older than its last.
  mixed_.clear();
  mixed_.reserve(told_ + static_cast<std::size_t>(std::distance(strays_.begin(), strays_end)));
  auto next = run.begin();
  for (auto stray = strays_.begin(); stray != strays_end; ++stray) {
    const auto after = std::upper_bound(
        next, end, stray->first,
        [](std::uint64_t time_ns, const Event& event) { return time_ns < event.time_ns; });
    mixed_.insert(mixed_.end(), next, after);
    mixed_.push_back(stray->second);
    next = after;
  }
  mixed_.insert(mixed_.end(), next, end);
  strays_.erase(strays_.begin(), strays_end);
  return mixed_;
}

void CpuQueue::shrink() {
  run_.erase(run_.begin(), run_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
  run_.shrink_to_fit();
  mixed_ = {};
}

void CpuQueue::drop() {
  begin_ += told_;
  told_ = 0;
  // Moving the rest costs no more than what has been told since the last time.
  if (begin_ > run_.size() / 2) {
    run_.erase(run_.begin(), run_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
}

}  // namespace wakepath::order
