// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/bpf/ring_size.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace wakepath::capture {

namespace {

RingSizes with_side(std::size_t events, std::size_t page) {
  return {events, std::max(events / 4, page)};
}

}  // namespace

Result<RingSizes> ring_size(std::optional<std::size_t> wanted, std::size_t cpus, std::size_t page) {
  constexpr std::size_t most = std::size_t{1} << 30;
  if (wanted) {
    if (!std::has_single_bit(*wanted) || *wanted < page || *wanted > most) {
      return fail(ErrorKind::usage,
                  "a ring of " + std::to_string(*wanted) + " bytes is not possible",
                  "give a power of two from " + std::to_string(page) + " to 1073741824");
    }
    return with_side(*wanted, page);
  }
  const std::size_t least = std::max(kLeastDefaultRingBytes, page);
  std::size_t bytes = kDefaultRingBytes;
  while (bytes > least && bytes * cpus > kAllRingsBytes) {
    bytes /= 2;
  }
  return with_side(std::max(bytes, least), page);
}

}  // namespace wakepath::capture
