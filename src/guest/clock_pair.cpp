// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctime>

#include "guest/counter.hpp"
#include "guest/guest.hpp"

namespace wakepath::guest {

#if defined(__aarch64__)

std::optional<ClockPair> read_clock_pair() {
  constexpr int tries = 16;
  std::optional<ClockPair> best;
  std::uint64_t best_width = 0;
  const std::uint64_t hz = host_counter_hz();
  for (int attempt = 0; attempt < tries; ++attempt) {
    timespec now{};
    const std::uint64_t before = host_counter();
    if (::clock_gettime(CLOCK_MONOTONIC, &now) != 0 || hz == 0) {
      return std::nullopt;
    }
    const std::uint64_t width = host_counter() - before;
    if (best && width >= best_width) {
      continue;
    }
    best_width = width;
    best = ClockPair{before + width / 2,
                     static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
                         static_cast<std::uint64_t>(now.tv_nsec),
                     width * 1'000'000'000 / hz};
  }
  return best;
}

#else

std::optional<ClockPair> read_clock_pair() { return std::nullopt; }

#endif

}  // namespace wakepath::guest
