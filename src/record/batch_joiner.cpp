// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/batch_joiner.hpp"

#include <utility>

namespace wakepath::record {

// A batch's count of failed writes says that events are missing before it.
bool BatchJoiner::fits(const wp_batch& head, std::size_t bytes) const {
  return !bytes_.empty() && head.cpu == joined_.cpu && head.failed == joined_.failed &&
         head.flags == 0 && (joined_.flags & WP_BATCH_NAMES) == 0 &&
         bytes_.size() + bytes <= most_bytes_;
}

Result<void> BatchJoiner::add(RecordView view, std::uint64_t number, RecordSink& sink) {
  const Bytes bytes = view.bytes();
  if (bytes.size() < sizeof(wp_batch)) {
    auto done = flush(sink);
    return done ? sink.record(view) : done;  // its decoder reports it
  }
  return add(load<wp_batch>(bytes), bytes.subspan(sizeof(wp_batch)), number, sink);
}

Result<void> BatchJoiner::add(const wp_batch& head, Bytes events, std::uint64_t number,
                              RecordSink& sink) {
  if (!fits(head, events.size())) {
    if (auto done = flush(sink); !done) {
      return done;
    }
    joined_ = head;
    joined_.record.count = 0;
    joined_.flags |= WP_BATCH_NUMBERED | static_cast<std::uint32_t>(number)
                                             << WP_BATCH_NUMBER_SHIFT;
    bytes_.resize(sizeof(wp_batch));
  }
  joined_.record.count = static_cast<std::uint16_t>(joined_.record.count + head.record.count);
  bytes_.insert(bytes_.end(), events.begin(), events.end());
  return {};
}

Result<void> BatchJoiner::flush(RecordSink& sink) {
  if (bytes_.empty()) {
    return {};
  }
  joined_.record.size = static_cast<decltype(joined_.record.size)>(bytes_.size());
  std::memcpy(bytes_.data(), &joined_, sizeof(joined_));
  auto done = sink.record(*RecordView::at(bytes_));
  bytes_.clear();
  return done;
}

}  // namespace wakepath::record
