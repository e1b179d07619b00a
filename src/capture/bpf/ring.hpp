// SPDX-License-Identifier: GPL-2.0-or-later
// The consumer of one BPF ring buffer. libbpf's own drains a ring to its end before it looks at the
// next one; this one stops at a budget, so that a busy CPU does not starve the others.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <linux/bpf.h>

#include "util/fd.hpp"
#include "wakepath/record.hpp"

namespace wakepath::capture {

class Ring {
 public:
  // `map` is a ring buffer of `bytes`, whose CPU is `cpu`. Error: not_permitted, where it can't be
  // mapped.
  static Result<Ring> open(Fd map, std::uint32_t cpu, std::size_t bytes);

  // Hands records, oldest first, to `take(RecordView) -> Result<void>`, until the ring is empty, a
  // record is still being written, or about `budget` bytes are done. True: the budget ended it,
  // there is more.
  template <typename Take>
  Result<bool> drain(std::size_t budget, Take&& take);

  [[nodiscard]] std::uint32_t cpu() const { return cpu_; }
  [[nodiscard]] int map() const { return map_.get(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Bytes that wait to be read.
  [[nodiscard]] std::size_t pending() const {
    return produced()->load(std::memory_order_acquire) - consumed_;
  }
  // The last drain() came to a record that is still being written: what lies behind it waits.
  [[nodiscard]] bool blocked() const { return blocked_; }
  // Records that were no whole record of abi.h: a bug of the kernel side.
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }

 private:
  Ring(Fd map, std::uint32_t cpu, std::size_t bytes, Mapping consumer, Mapping producer);

  using Position = std::atomic<unsigned long>;
  static_assert(sizeof(Position) == sizeof(unsigned long) && Position::is_always_lock_free);

  [[nodiscard]] const Position* produced() const {
    return static_cast<const Position*>(producer_.get());
  }

  Fd map_;
  std::uint32_t cpu_;
  std::size_t bytes_;
  Mapping consumer_;  // the consumer's position, a page that we write
  Mapping producer_;  // the producer's position, a page; then the data, twice in a row
  const std::byte* data_;
  unsigned long consumed_{0};
  std::uint64_t malformed_{0};
  bool blocked_{false};
};

template <typename Take>
Result<bool> Ring::drain(std::size_t budget, Take&& take) {
  auto* position = static_cast<Position*>(consumer_.get());
  const unsigned long begin = consumed_;
  const unsigned long end = produced()->load(std::memory_order_acquire);
  Result<void> taken;
  bool more = false;
  blocked_ = false;
  while (consumed_ < end && taken) {
    if (consumed_ - begin >= budget) {
      more = true;
      break;
    }
    const std::byte* header = data_ + (consumed_ & (bytes_ - 1));
    const std::uint32_t length =
        std::atomic_ref(*const_cast<std::uint32_t*>(reinterpret_cast<const std::uint32_t*>(header)))
            .load(std::memory_order_acquire);
    if ((length & BPF_RINGBUF_BUSY_BIT) != 0) {
      blocked_ = true;
      break;
    }
    const std::uint32_t size = length & ~std::uint32_t{BPF_RINGBUF_DISCARD_BIT};
    if ((length & BPF_RINGBUF_DISCARD_BIT) == 0) {
      const auto view = RecordView::at(Bytes(header + BPF_RINGBUF_HDR_SZ, size));
      if (view) {
        taken = take(*view);
      } else {
        ++malformed_;
      }
    }
    consumed_ += (std::uint64_t{size} + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
    // Often enough that the producer has room again, seldom enough not to fight for its cache line.
    if (((consumed_ - begin) & 0x1fff) < 128) {
      position->store(consumed_, std::memory_order_release);
    }
  }
  position->store(consumed_, std::memory_order_release);
  if (!taken) {
    return tl::unexpected(taken.error());
  }
  return more;
}

}  // namespace wakepath::capture
