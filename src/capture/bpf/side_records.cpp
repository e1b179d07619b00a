// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/side_records.hpp"

#include <utility>

namespace wakepath::capture {

void SideRecords::add(RecordView view) {
  const Bytes bytes = view.bytes();
  held_.push_back({load<wp_event>(bytes, sizeof(wp_batch)).time_ns, {bytes.begin(), bytes.end()}});
}

Result<void> SideRecords::hand_on(const TakeRecord& record) {
  const Held oldest = std::move(held_.front());
  held_.pop_front();
  return record(*RecordView::at(oldest.bytes));
}

Result<void> SideRecords::weave(const EventSpan& span, const TakeRecord& record,
                                const TakeSpan& events) {
  EventSpan part{span.bytes, span.count, span.failed};
  std::size_t at = 0;
  std::uint16_t before = 0;
  while (!held_.empty() && before < part.count) {
    const auto event = load<wp_event>(part.bytes, at);
    if (held_.front().time_ns >= event.time_ns) {
      at += event.size;
      ++before;
      continue;
    }
    if (before > 0) {
      if (auto done = events({part.bytes.first(at), before, part.failed}); !done) {
        return done;
      }
      part.bytes = part.bytes.subspan(at);
      part.count = static_cast<std::uint16_t>(part.count - before);
      at = 0;
      before = 0;
    }
    if (auto done = hand_on(record); !done) {
      return done;
    }
  }
  return part.count == 0 ? Result<void>{} : events(part);
}

Result<void> SideRecords::flush(const TakeRecord& record) {
  while (!held_.empty()) {
    if (auto done = hand_on(record); !done) {
      return done;
    }
  }
  return {};
}

}  // namespace wakepath::capture
