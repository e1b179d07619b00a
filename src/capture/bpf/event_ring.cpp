// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/event_ring.hpp"

#include <span>

namespace wakepath::capture {

EventRing::EventRing(const wp_chunk* chunks, std::size_t bytes, wp_cpu_counters* counters)
    : chunks_(chunks), bytes_(bytes), counters_(counters) {
  counters->chunk_mask = static_cast<std::uint32_t>(bytes / WP_CHUNK_BYTES - 1);
  counters->limit = bytes;
}

EventSpan EventRing::next(std::uint64_t until) {
  const std::uint64_t index = taken_ / WP_CHUNK_BYTES & counters_->chunk_mask;
  const auto* begin = std::as_bytes(std::span(chunks_ + index, 1)).data() + taken_ % WP_CHUNK_BYTES;
  const std::uint64_t chunk_end = (taken_ / WP_CHUNK_BYTES + 1) * WP_CHUNK_BYTES;
  const std::uint64_t first = taken_;
  EventSpan span{{}, 0, failed_};
  std::size_t bytes = 0;
  while (taken_ < std::min(until, chunk_end)) {
    const Bytes rest(begin + (taken_ - first), WP_CHUNK_SPILL);
    const auto event = load<wp_event>(rest);
    if (event.size < sizeof(event) || event.size > WP_CHUNK_SPILL || event.size % 8 != 0) {
      taken_ = until;  // a bug of the kernel side: the count of events will not agree
      break;
    }
    if (event.kind == WP_EVENT_FAILED) {
      if (span.count == 0) {
        failed_ = load<wp_failed>(rest, sizeof(event)).failed;
        taken_ += event.size;
      }
      break;
    }
    ++span.count;
    bytes += event.size;
    taken_ += event.size;
  }
  span.bytes = Bytes(begin, bytes);
  return span;
}

}  // namespace wakepath::capture
