// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/event_ring.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <unistd.h>

namespace wakepath::capture {

EventRing::EventRing(Fd map, std::size_t bytes, Mapping chunks, wp_cpu_counters* counters)
    : map_(std::move(map)), bytes_(bytes), chunks_(std::move(chunks)), counters_(counters) {}

Result<EventRing> EventRing::open(Fd map, std::uint32_t cpu, std::size_t bytes,
                                  wp_cpu_counters* counters) {
  const std::size_t chunks = bytes / WP_CHUNK_BYTES;
  const auto page = static_cast<std::size_t>(::getpagesize());
  const std::size_t size = (chunks * sizeof(wp_chunk) + page - 1) / page * page;
  Mapping mapping(::mmap(nullptr, size, PROT_READ, MAP_SHARED, map.get(), 0), size);
  if (!mapping) {
    return fail(ExitCode::not_permitted, "the event ring of CPU " + std::to_string(cpu) +
                                             " can't be mapped: " + std::strerror(errno));
  }
  counters->chunk_mask = static_cast<std::uint32_t>(chunks - 1);
  counters->limit = bytes;
  return EventRing(std::move(map), bytes, std::move(mapping), counters);
}

EventSpan EventRing::next(std::uint64_t until) {
  const std::uint64_t index = taken_ / WP_CHUNK_BYTES & counters_->chunk_mask;
  const auto* begin = static_cast<const std::byte*>(chunks_.get()) + index * sizeof(wp_chunk) +
                      taken_ % WP_CHUNK_BYTES;
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
