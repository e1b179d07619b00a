// SPDX-License-Identifier: GPL-2.0-or-later
// CPU usage of threads between two readings.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/threads.hpp"

namespace wakepath::host {

class BusyMeter {
 public:
  // Reads for the first time. It looks only at threads that are pinned to one CPU.
  BusyMeter(std::string root, const std::vector<Thread>& threads);

  // In percent since then, by thread. Threads that have ended are left out.
  [[nodiscard]] std::map<std::uint32_t, unsigned> percent() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Reading {
    std::uint32_t tgid{}, tid{};
    std::uint64_t used_ns{};
    Clock::time_point at;
  };
  [[nodiscard]] bool read(Reading& reading) const;

  std::string root_;
  std::vector<Reading> first_;
};

}  // namespace wakepath::host
