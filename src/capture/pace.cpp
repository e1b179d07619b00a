// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/pace.hpp"

#include <algorithm>

namespace wakepath::capture {

void Pace::drained(std::uint64_t now_ns, std::size_t bytes) {
  const std::uint64_t elapsed = last_ns_ == 0 || now_ns <= last_ns_ ? poll_ns_ : now_ns - last_ns_;
  last_ns_ = now_ns;
  const double target = static_cast<double>(ring_bytes_) / 4;
  const double wanted = bytes == 0
                            ? static_cast<double>(poll_ns_)
                            : static_cast<double>(elapsed) * target / static_cast<double>(bytes);
  // Sooner at once, later step by step: a burst is seldom alone.
  const double next = std::min(wanted, static_cast<double>(sleep_ns_) * 2 + 10'000);
  sleep_ns_ = static_cast<std::uint64_t>(std::min(next, static_cast<double>(poll_ns_)));
}

}  // namespace wakepath::capture
