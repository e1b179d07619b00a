// SPDX-License-Identifier: GPL-2.0-or-later
#include "order/cpu_queue.hpp"

#include <algorithm>
#include <iterator>

namespace wakepath::order {

namespace {

// Few events stand out of order, and each not far from its place: they are moved one by one. A
// hostile file may hold any order, so the effort is bounded.
void sort_by_time(std::vector<Event>& events) {
  constexpr std::ptrdiff_t kFar = 64;
  const auto later = [](const Event& a, const Event& b) { return a.time_ns < b.time_ns; };
  for (auto next = events.begin(); next != events.end(); ++next) {
    if (next == events.begin() || std::prev(next)->time_ns <= next->time_ns) {
      continue;
    }
    const auto from = std::distance(events.begin(), next) > kFar ? next - kFar : events.begin();
    const auto place = std::upper_bound(from, next, *next, later);
    if (place == from && from != events.begin()) {
      std::stable_sort(events.begin(), events.end(), later);
      return;
    }
    std::rotate(place, next, std::next(next));
  }
}

}  // namespace

std::span<const Event> CpuQueue::older_than(std::uint64_t watermark_ns) {
  if (!sorted_) {
    sort_by_time(events_);
    sorted_ = true;
  }
  const auto end = std::partition_point(events_.begin(), events_.end(), [&](const Event& event) {
    return event.time_ns < watermark_ns;
  });
  told_ = static_cast<std::size_t>(std::distance(events_.begin(), end));
  return std::span(events_).first(told_);
}

void CpuQueue::drop() {
  events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(told_));
  told_ = 0;
}

}  // namespace wakepath::order
