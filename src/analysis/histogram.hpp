// SPDX-License-Identifier: GPL-2.0-or-later
// A sparse log-linear histogram of nanoseconds: memory by distinct magnitudes, not by range.
//
// Values below 2048 have a bucket each; above, every power of two has 1024 buckets, so a quantile
// is off by less than 0.1 % of itself: three digits are right. Minimum and maximum are exact.
#pragma once

#include <compare>
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
  // Both.
  void add(const Histogram& other);
  // Back to nothing, for new values of about the same magnitudes.
  void clear();

 private:
  friend class RankedHistogram;
  // A bucket and how many values it has, in one word, for many of them are touched with each wake.
  class Slot {
   public:
    Slot() = default;
    Slot(std::uint32_t bucket, std::uint64_t count)
        : bits_(std::uint64_t{bucket} << kCountBits | (count & kCountMask)) {}
    [[nodiscard]] std::uint32_t bucket() const {
      return static_cast<std::uint32_t>(bits_ >> kCountBits);
    }
    [[nodiscard]] std::uint64_t count() const { return bits_ & kCountMask; }  // 0: free
    auto operator<=>(const Slot&) const = default;                            // by bucket

   private:
    static constexpr unsigned kCountBits = 48;  // buckets' numbers have 16
    static constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kCountBits) - 1;
    std::uint64_t bits_{0};
  };

  [[nodiscard]] std::size_t place_of(std::uint32_t bucket) const;
  void add(Slot more);
  void grow();

  // A power of two, at most half of them taken. A bucket's place follows from its number (open
  // addressing).
  std::vector<Slot> slots_;
  std::size_t taken_{0};
  std::uint64_t count_{0};
  std::uint64_t min_{0};
  std::uint64_t max_{0};
};

// What some values of a histogram would be instead.
class Replacements {
 public:
  void add(std::uint64_t old_ns, std::uint64_t now_ns);

 private:
  friend class RankedHistogram;
  Histogram old_, now_;  // of those that would be in another bucket
  std::uint64_t least_ns_{UINT64_MAX};
};

// A histogram's buckets in order, for quantiles that are asked for again and again.
class RankedHistogram {
 public:
  explicit RankedHistogram(const Histogram& histogram);

  // As Histogram::quantiles().
  [[nodiscard]] std::vector<std::uint64_t> quantiles(std::span<const double> fractions) const;
  [[nodiscard]] std::vector<std::uint64_t> quantiles(std::span<const double> fractions,
                                                     const Replacements& replaced) const;

 private:
  using Slot = Histogram::Slot;
  [[nodiscard]] std::vector<std::uint64_t> quantiles_of(std::span<const Slot> slots,
                                                        std::uint64_t min,
                                                        std::span<const double> fractions) const;

  std::vector<Slot> slots_;
  std::uint64_t count_, min_, max_;
};

}  // namespace wakepath::analysis
