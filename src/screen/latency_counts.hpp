// SPDX-License-Identifier: GPL-2.0-or-later
// How often each latency came, in little memory: each power of two has 128 steps, so that two
// digits of a percentile are right. There may be one of these for each of thousands of vCPUs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace wakepath::screen {

class LatencyCounts {
 public:
  void add(std::uint64_t ns);
  void add(const LatencyCounts& other);
  void clear() { *this = LatencyCounts(); }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }  // exact
  // For each of `fractions`, ascending: the magnitude that so many do not exceed (nearest rank).
  void quantiles(std::span<const double> fractions, std::span<std::uint64_t> out) const;

 private:
  static constexpr unsigned kBits = 7;
  static constexpr std::size_t kSteps = std::size_t{1} << kBits;
  // 32 bits: where one is full, all are halved, which leaves the percentiles as they are.
  using Steps = std::array<std::uint32_t, kSteps>;
  static constexpr std::size_t kOctaves = 64 - kBits + 1;
  Steps& page(std::size_t octave);
  void halve();

  // By octave; null: no latency lies there. In place: of thousands of these none is in a cache.
  std::array<std::unique_ptr<Steps>, kOctaves> pages_;
  std::uint64_t count_{0};
  std::uint64_t held_{0};  // in the steps: less than the count once they were halved
  std::uint64_t min_{0}, max_{0};
};

}  // namespace wakepath::screen
