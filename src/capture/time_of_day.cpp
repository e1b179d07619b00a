// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/time_of_day.hpp"

namespace wakepath::capture {

std::optional<TimeOfDayFact> TimeOfDay::news(std::uint64_t now_ns) {
  constexpr std::uint64_t kLookEveryNs = 1'000'000'000;
  constexpr std::uint64_t kLeastJumpNs = 1'000'000;
  if (!told_ns_ || now_ns < looked_ns_ + kLookEveryNs) {
    return std::nullopt;
  }
  const std::optional<std::uint64_t> offset_ns = read_();
  if (!offset_ns) {
    return std::nullopt;  // it is read again the next time
  }
  looked_ns_ = now_ns;
  const std::uint64_t moved =
      *offset_ns > *told_ns_ ? *offset_ns - *told_ns_ : *told_ns_ - *offset_ns;
  if (moved < kLeastJumpNs) {
    return std::nullopt;
  }
  told_ns_ = offset_ns;
  return TimeOfDayFact{*offset_ns, now_ns};
}

}  // namespace wakepath::capture
