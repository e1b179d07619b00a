// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/cpu_drain.hpp"

#include <utility>

namespace wakepath::capture {

namespace {

constexpr std::size_t kBudgetBytes = std::size_t{256} << 10;

}  // namespace

// What is read first of the event ring's head has been named, if at all, before: all names that its
// events need are in the side ring by then. Behind a record that is still being written they can't
// be read: then the event ring waits too, while it has room.
Result<bool> drain_cpu(CpuRings& rings, std::uint64_t& count, NameBook& names,
                       record::BatchJoiner& joiner, RecordSink& sink) {
  const auto record = [&](RecordView view) {
    return joiner.add(view, std::exchange(count, count + view.count()), sink);
  };
  const auto events = [&](const EventSpan& span) {
    const wp_batch head{{WP_RECORD_BATCH, span.count, 0}, rings.cpu, 0, span.failed};
    return joiner.add(head, span.bytes, std::exchange(count, count + span.count), sink);
  };
  const std::uint64_t until = rings.events ? rings.events->head() : 0;
  auto more = rings.side.drain(kBudgetBytes, [&](RecordView view) -> Result<void> {
    if ((load<wp_batch>(view.bytes()).flags & WP_BATCH_NAMES) != 0) {
      if (auto done = names.batch(view, sink); !done) {
        return done;
      }
    }
    if (!rings.events) {
      return record(view);
    }
    rings.waiting.add(view);
    return {};
  });
  if (!rings.events || !more || *more ||
      (rings.side.blocked() && rings.events->pending() < rings.events->bytes() / 2)) {
    return more;
  }
  more = rings.events->drain(until, kBudgetBytes, [&](const EventSpan& span) {
    return rings.waiting.weave(span, record, events);
  });
  if (!more || *more) {
    return more;
  }
  auto flushed = rings.waiting.flush(record);
  return flushed ? more : tl::unexpected(flushed.error());
}

}  // namespace wakepath::capture
