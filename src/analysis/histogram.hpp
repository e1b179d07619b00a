// SPDX-License-Identifier: GPL-2.0-or-later
// A sparse log-linear histogram of nanoseconds: memory by distinct magnitudes, not by range.
//
// Values below 2048 have a bucket each; above, every power of two has 1024 buckets, so a quantile
// is off by less than 0.1 % of itself: three digits are right. Minimum and maximum are exact.
#pragma once

#include <cstdint>
#include <map>

namespace wakepath::analysis {

class Histogram {
 public:
  void add(std::uint64_t ns);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t min() const { return min_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  // The smallest recorded magnitude that at least the fraction `q` (0 to 1) of the values do not
  // exceed (nearest rank). 0 where there are none.
  [[nodiscard]] std::uint64_t quantile(double q) const;

 private:
  std::map<std::uint32_t, std::uint64_t> buckets_;
  std::uint64_t count_{0};
  std::uint64_t min_{0};
  std::uint64_t max_{0};
};

}  // namespace wakepath::analysis
