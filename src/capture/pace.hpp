// SPDX-License-Identifier: GPL-2.0-or-later
// How long the reader sleeps between two drains: the poll interval, or less where the rings fill
// fast. Pure: times are given.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wakepath::capture {

class Pace {
 public:
  Pace(std::uint64_t poll_ns, std::size_t ring_bytes)
      : poll_ns_(poll_ns), ring_bytes_(ring_bytes), sleep_ns_(poll_ns / 8) {}

  // What was taken at `now_ns` from the ring that had most.
  void drained(std::uint64_t now_ns, std::size_t bytes);
  // Before the next drain: so long that, at the rate of the last one, no ring is more than a
  // quarter full.
  [[nodiscard]] std::uint64_t sleep_ns() const { return sleep_ns_; }

 private:
  std::uint64_t poll_ns_;
  std::size_t ring_bytes_;
  std::uint64_t sleep_ns_;
  std::uint64_t last_ns_{0};
};

}  // namespace wakepath::capture
