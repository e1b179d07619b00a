// SPDX-License-Identifier: GPL-2.0-or-later
// A thread that kicks each vCPU on a schedule, like the thread of a device model.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "guest/schedule.hpp"
#include "wakepath/result.hpp"

namespace wakepath::guest {

class DeviceThread {
 public:
  using Kick = std::function<void()>;

  // Begins at once: each of `kicks` once a period, evenly spread over the period.
  static Result<std::unique_ptr<DeviceThread>> create(const char* name, std::vector<Kick> kicks,
                                                      std::chrono::nanoseconds period);
  explicit DeviceThread(std::chrono::nanoseconds period) : period_(period) {}
  ~DeviceThread() = default;
  DeviceThread(const DeviceThread&) = delete;
  DeviceThread& operator=(const DeviceThread&) = delete;

 private:
  struct Line {
    Kick kick;
    Instant due;
  };

  void run(const std::stop_token& stop);

  std::chrono::nanoseconds period_;
  std::vector<Line> lines_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it must stop before the members that it uses are destroyed
};

}  // namespace wakepath::guest
