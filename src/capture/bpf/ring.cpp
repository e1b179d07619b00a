// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/ring.hpp"

#include <cerrno>
#include <cstring>
#include <string>

#include <unistd.h>

namespace wakepath::capture {

Ring::Ring(Fd map, std::uint32_t cpu, std::size_t bytes, Mapping consumer, Mapping producer)
    : map_(std::move(map)),
      cpu_(cpu),
      bytes_(bytes),
      consumer_(std::move(consumer)),
      producer_(std::move(producer)),
      data_(static_cast<const std::byte*>(producer_.get()) + ::getpagesize()) {}

// kernel/bpf/ringbuf.c: page 0 the consumer's position, page 1 the producer's, then the data,
// mapped twice.
Result<Ring> Ring::open(Fd map, std::uint32_t cpu, std::size_t bytes) {
  const auto page = static_cast<std::size_t>(::getpagesize());
  Mapping consumer(::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, map.get(), 0), page);
  const std::size_t rest = page + 2 * bytes;
  Mapping producer(
      ::mmap(nullptr, rest, PROT_READ, MAP_SHARED, map.get(), static_cast<off_t>(page)), rest);
  if (!consumer || !producer) {
    return fail(ErrorKind::not_permitted, "the ring of CPU " + std::to_string(cpu) +
                                              " can't be mapped: " + std::strerror(errno));
  }
  return Ring(std::move(map), cpu, bytes, std::move(consumer), std::move(producer));
}

}  // namespace wakepath::capture
