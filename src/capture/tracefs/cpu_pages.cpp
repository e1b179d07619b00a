// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/tracefs/cpu_pages.hpp"

#include <cerrno>
#include <cstring>

#include <unistd.h>

// kbuffer.h has no extern "C" of its own.
extern "C" {
#include <kbuffer.h>
}

namespace wakepath::capture {

void CpuPages::FreeKbuffer::operator()(kbuffer* buffer) const { ::kbuffer_free(buffer); }

CpuPages::CpuPages(std::uint32_t cpu, Fd pages, std::size_t page_bytes)
    : cpu_(cpu),
      pages_(std::move(pages)),
      bytes_(page_bytes),
      buffer_(::kbuffer_alloc(KBUFFER_LSIZE_SAME_AS_HOST, KBUFFER_ENDIAN_SAME_AS_HOST)) {}

Result<std::size_t> CpuPages::drain(foreign::TepEvents& events, foreign::TraceSink& sink,
                                    std::size_t most_pages) {
  std::size_t taken = 0;
  for (std::size_t count = 0; buffer_ && count < most_pages; ++count) {
    const ssize_t got = ::read(pages_.get(), bytes_.data(), bytes_.size());
    if (got < 0 && errno != EAGAIN && errno != EINTR && !broken_) {
      broken_ = true;  // said once
      if (auto done = sink.lost({cpu_, {}}); !done) {
        return tl::unexpected(done.error());
      }
    }
    if (got <= 0) {
      break;
    }
    // What a page does not fill of our memory must not be taken for events.
    std::memset(bytes_.data() + got, 0, bytes_.size() - static_cast<std::size_t>(got));
    if (::kbuffer_load_subbuffer(buffer_.get(), bytes_.data()) != 0) {
      break;
    }
    taken += static_cast<std::size_t>(::kbuffer_subbuffer_size(buffer_.get()));
    if (auto done = page(events, sink); !done) {
      return tl::unexpected(done.error());
    }
  }
  return taken;
}

Result<void> CpuPages::page(foreign::TepEvents& events, foreign::TraceSink& sink) {
  kbuffer* const buffer = buffer_.get();
  // -1: so many that the page had no room for the number.
  if (const int missed = ::kbuffer_missed_events(buffer); missed != 0) {
    foreign::TraceLoss loss{cpu_, {}};
    if (missed > 0) {
      loss.events = static_cast<std::uint64_t>(missed);
    }
    lost_ += loss.events.value_or(1);
    if (auto done = sink.lost(loss); !done) {
      return done;
    }
  }
  unsigned long long time_ns = 0;
  for (void* data = ::kbuffer_read_event(buffer, &time_ns); data != nullptr;
       data = ::kbuffer_next_event(buffer, &time_ns)) {
    const Bytes record(static_cast<const std::byte*>(data),
                       static_cast<std::size_t>(::kbuffer_event_size(buffer)));
    foreign::TraceEvent event;
    if (events.read(record, time_ns, cpu_, event) != foreign::TepEvents::Kind::used) {
      continue;
    }
    if (auto done = sink.event(event); !done) {
      return done;
    }
  }
  return {};
}

}  // namespace wakepath::capture
