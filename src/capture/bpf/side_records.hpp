// SPDX-License-Identifier: GPL-2.0-or-later
// What a CPU's side ring held, until its place among the events of the event ring is reached: a
// CPU's stream is in the order of time, so that what is missing in it later can be bounded.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "capture/bpf/event_ring.hpp"
#include "wakepath/record.hpp"

namespace wakepath::capture {

class SideRecords {
 public:
  using TakeRecord = std::function<Result<void>(RecordView)>;
  using TakeSpan = std::function<Result<void>(const EventSpan&)>;

  // Copies the record, a batch of one event.
  void add(RecordView view);
  // Hands on the events of `span`, and each record that is older than one of them right before it.
  Result<void> weave(const EventSpan& span, const TakeRecord& record, const TakeSpan& events);
  // Hands on those that are left.
  Result<void> flush(const TakeRecord& record);

 private:
  struct Held {
    std::uint64_t time_ns{};
    std::vector<std::byte> bytes;
  };
  Result<void> hand_on(const TakeRecord& record);

  std::deque<Held> held_;
};

}  // namespace wakepath::capture
