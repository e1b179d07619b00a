// SPDX-License-Identifier: GPL-2.0-or-later
// What the time of day of a host is ahead of its CLOCK_MONOTONIC, and from when on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace wakepath {

class RealtimeOffsets {
 public:
  // The oldest jump goes where there would be more.
  static constexpr std::size_t kMostJumps = 1024;

  // Before all jumps. 0: not known.
  void at_begin(std::uint64_t offset_ns);
  // From `since_ns` (CLOCK_MONOTONIC) on.
  void jumped(std::uint64_t since_ns, std::uint64_t offset_ns);

  // nullopt: not known.
  [[nodiscard]] std::optional<std::uint64_t> at(std::uint64_t monotonic_ns) const;

 private:
  std::optional<std::uint64_t> at_begin_;
  std::map<std::uint64_t, std::uint64_t> jumps_;  // by since when
  bool left_out_{false};
};

}  // namespace wakepath
