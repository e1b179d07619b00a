// SPDX-License-Identifier: GPL-2.0-or-later
// A sparse log-linear histogram of nanoseconds: memory by distinct magnitudes, not by range.
//
// Values below 2048 have a bucket each; above, every power of two has 1024 buckets, so a quantile
// is off by less than 0.1 % of itself: three digits are right. Minimum and maximum are exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace wakepath::analysis {

// The least number of measurements in which a quantile is more than their maximum: 10 for 0.9, 100
// for 0.99, 1000 for 0.999.
std::uint64_t needed_for_quantile(double q);

class Histogram {
 public:
  void add(std::uint64_t ns);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t min() const { return min_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  // For each fraction of `fractions` (0 to 1, ascending): the smallest recorded magnitude that at
  // least so many of the values do not exceed (nearest rank). 0 where there are none.
  [[nodiscard]] std::vector<std::uint64_t> quantiles(std::span<const double> fractions) const;
  [[nodiscard]] std::uint64_t quantile(double fraction) const {
    return quantiles({&fraction, 1}).front();
  }
  // The quantiles of these values without those of `old`, which are among them, and with those of
  // `now`.
  [[nodiscard]] std::vector<std::uint64_t> quantiles_replaced(
      const Histogram& old, const Histogram& now, std::span<const double> fractions) const;
  // Both.
  void add(const Histogram& other);
  // Back to nothing, for new values of about the same magnitudes.
  void clear();

 private:
  // A bucket that has values; its place follows from its number (open addressing).
  struct Slot {
    std::uint32_t bucket{};
    std::uint64_t count{};  // 0: free
  };

  // Of buckets in order, of `count` values in all.
  static std::vector<std::uint64_t> quantiles_of(std::span<const Slot> sorted, std::uint64_t count,
                                                 std::uint64_t min, std::uint64_t max,
                                                 std::span<const double> fractions);
  [[nodiscard]] std::vector<Slot> sorted() const;
  [[nodiscard]] std::size_t place_of(std::uint32_t bucket) const;
  Slot& slot_of(std::uint32_t bucket);
  void grow();

  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  std::size_t taken_{0};
  std::uint64_t count_{0};
  std::uint64_t min_{0};
  std::uint64_t max_{0};
};

}  // namespace wakepath::analysis
