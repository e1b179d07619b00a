// SPDX-License-Identifier: GPL-2.0-or-later
// The reading end of one CPU's event ring (bpf/event_ring.h).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "bpf/event_ring.h"
#include "wakepath/record.hpp"

namespace wakepath::capture {

// Events of one CPU, oldest first, `failed` of which could not be stored since the start, up to
// here.
struct EventSpan {
  Bytes bytes;
  std::uint16_t count{};
  std::uint64_t failed{};
};

class EventRing {
 public:
  // `chunks` are as many as `bytes`, a power of two, need. `counters` are those that the programs
  // of that CPU write to; the ring gives them room. Both must outlive it.
  EventRing(const wp_chunk* chunks, std::size_t bytes, wp_cpu_counters* counters);

  // Up to where there are events now.
  [[nodiscard]] std::uint64_t head() const {
    return std::atomic_ref(counters_->head).load(std::memory_order_acquire);
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Bytes that wait to be read.
  [[nodiscard]] std::size_t pending() const { return head() - taken_; }

  // Hands spans, oldest first, to `take(const EventSpan&) -> Result<void>`, up to `until`, a value
  // of head(), or until about `budget` bytes are done. True: the budget ended it, there is more.
  template <typename Take>
  Result<bool> drain(std::uint64_t until, std::size_t budget, Take&& take);

 private:
  // The next span, at most to `until`; moves on behind it.
  EventSpan next(std::uint64_t until);

  const wp_chunk* chunks_;
  std::size_t bytes_;
  wp_cpu_counters* counters_;
  std::uint64_t taken_{0};
  std::uint64_t failed_{0};
};

template <typename Take>
Result<bool> EventRing::drain(std::uint64_t until, std::size_t budget, Take&& take) {
  const std::uint64_t end = budget < until - taken_ ? taken_ + budget : until;
  while (taken_ < end) {
    const EventSpan span = next(until);
    if (span.count > 0) {
      if (auto done = take(span); !done) {
        return tl::unexpected(done.error());
      }
    }
    std::atomic_ref(counters_->limit).store(taken_ + bytes_, std::memory_order_release);
  }
  return taken_ < until;
}

}  // namespace wakepath::capture
