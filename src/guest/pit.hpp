// SPDX-License-Identifier: GPL-2.0-or-later
// The divisor of the PIT that comes nearest to a period.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace wakepath::guest {

inline constexpr std::uint64_t pit_hz = 1'193'182;

// 1..65536. nullopt: the 16 bits of the PIT can't count that far (over 54.9 ms).
[[nodiscard]] constexpr std::optional<std::uint32_t> pit_divisor(std::chrono::nanoseconds period) {
  const auto ns = static_cast<std::uint64_t>(period.count());
  const std::uint64_t divisor = (ns * pit_hz + 500'000'000) / 1'000'000'000;
  if (divisor == 0 || divisor > 65536) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(divisor);
}

}  // namespace wakepath::guest
