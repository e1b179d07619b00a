// SPDX-License-Identifier: GPL-2.0-or-later
// A constant offset between two counters, from reads of one between two reads of the other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace wakepath::guest {

// Each triple says: the offset (host - guest) is in [before - guest, after - guest]. All of them
// hold at once, so the offset is in their intersection, which is narrower than the tightest.
class OffsetBracket {
 public:
  void add(std::uint64_t before, std::uint64_t guest, std::uint64_t after) {
    const auto low = static_cast<std::int64_t>(before - guest);
    const auto high = static_cast<std::int64_t>(after - guest);
    low_ = low_ ? std::max(*low_, low) : low;
    high_ = high_ ? std::min(*high_, high) : high;
  }

  // Nothing where there were no reads, or where they contradict each other.
  [[nodiscard]] std::optional<std::int64_t> offset() const {
    if (!low_ || *low_ > *high_) {
      return std::nullopt;
    }
    return *low_ + (*high_ - *low_) / 2;
  }

 private:
  std::optional<std::int64_t> low_;
  std::optional<std::int64_t> high_;
};

}  // namespace wakepath::guest
