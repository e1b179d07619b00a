// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/realtime_offsets.hpp"

#include <iterator>

namespace wakepath {

void RealtimeOffsets::at_begin(std::uint64_t offset_ns) {
  at_begin_ = offset_ns == 0 ? std::nullopt : std::optional(offset_ns);
}

void RealtimeOffsets::jumped(std::uint64_t since_ns, std::uint64_t offset_ns) {
  jumps_.insert_or_assign(since_ns, offset_ns);
  if (jumps_.size() > kMostJumps) {
    jumps_.erase(jumps_.begin());
    left_out_ = true;
  }
}

std::optional<std::uint64_t> RealtimeOffsets::at(std::uint64_t monotonic_ns) const {
  const auto after = jumps_.upper_bound(monotonic_ns);
  if (after != jumps_.begin()) {
    const std::uint64_t offset_ns = std::prev(after)->second;
    return offset_ns == 0 ? std::nullopt : std::optional(offset_ns);
  }
  return left_out_ ? std::nullopt : at_begin_;
}

}  // namespace wakepath
