// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest/device_thread.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <sys/prctl.h>

#include "guest/thread.hpp"

namespace wakepath::guest {

Result<std::unique_ptr<DeviceThread>> DeviceThread::create(const char* name,
                                                           std::vector<Kick> kicks,
                                                           std::chrono::nanoseconds period) {
  auto device = std::make_unique<DeviceThread>(period);
  const Instant start = Clock::now();
  const auto count = static_cast<std::int64_t>(kicks.size());
  for (std::int64_t index = 0; index < count; ++index) {
    device->lines_.push_back({std::move(kicks[static_cast<std::size_t>(index)]),
                              start + period + period * index / count});
  }
  auto thread =
      start_thread(name, [raw = device.get()](const std::stop_token& stop) { raw->run(stop); });
  if (!thread) {
    return tl::unexpected(thread.error());
  }
  device->thread_ = std::move(*thread);
  return device;
}

void DeviceThread::run(const std::stop_token& stop) {
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // on time, not within the default 50 us
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto line = std::min_element(lines_.begin(), lines_.end(),
                                       [](const Line& a, const Line& b) { return a.due < b.due; });
    wake_.wait_until(lock, stop, line->due, [] { return false; });
    const Instant now = Clock::now();
    if (stop.stop_requested() || now < line->due) {
      continue;
    }
    line->kick();
    line->due = next_due(line->due, period_, period_ / 8, now);
  }
}

}  // namespace wakepath::guest
