// SPDX-License-Identifier: GPL-2.0-or-later
// The events of one CPU that are not told yet. A ring holds them almost in the order of time: where
// a program was interrupted between reading the clock and writing, its event stands a little behind
// the events of its interrupter. Events of one time stay in the order in which they came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "wakepath/event.hpp"

namespace wakepath::order {

class CpuQueue {
 public:
  void push(const Event& event) {
    sorted_ = sorted_ && (events_.empty() || events_.back().time_ns <= event.time_ns);
    events_.push_back(event);
  }
  // The events older than `watermark_ns`, in order. They stay until drop(), which comes next.
  std::span<const Event> older_than(std::uint64_t watermark_ns);
  // Drops the events that older_than() gave.
  void drop();

 private:
  std::vector<Event> events_;
  std::size_t told_{0};  // of events_, from its begin
  bool sorted_{true};
};

}  // namespace wakepath::order
