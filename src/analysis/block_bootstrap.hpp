// SPDX-License-Identifier: GPL-2.0-or-later
// Intervals of differences of quantiles, by resampling blocks of time: wakes that follow each other
// are not independent, blocks that are long enough nearly are. The same seed gives the same numbers
// on every machine.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace wakepath::analysis {

// The measurements of one side: each with the block that it fell in.
class BlockSample {
 public:
  void add(std::uint64_t value, std::uint32_t block) {
    points_.push_back({value, block, 1});
    most_ = std::max(most_, value);
  }
  // Sorts, and joins what is alike to three digits. Before all that follows.
  void close();
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // Nearest rank. `weights`: how often each block counts; empty: once.
  [[nodiscard]] std::uint64_t quantile(double q, std::span<const std::uint16_t> weights = {}) const;
  [[nodiscard]] std::uint64_t most() const { return most_; }
  // The part that is longer than `limit`.
  [[nodiscard]] double over(std::uint64_t limit, std::span<const std::uint16_t> weights = {}) const;
  [[nodiscard]] std::size_t size() const { return points_.size(); }

 private:
  struct Point {
    std::uint64_t value{};
    std::uint32_t block{};
    std::uint32_t count{};
  };
  [[nodiscard]] std::uint64_t weight(std::span<const std::uint16_t> weights) const;

  std::vector<Point> points_;
  std::vector<std::uint64_t> in_block_;
  std::uint64_t count_{0};
  std::uint64_t most_{0};
};

// How often each block of a side counts in each resample. With several recordings, these are drawn
// first, then blocks of each.
class BlockWeights {
 public:
  // `blocks`: how many each recording of the side has.
  BlockWeights(const std::vector<std::uint32_t>& blocks, std::size_t resamples, std::uint64_t seed);
  [[nodiscard]] std::span<const std::uint16_t> of(std::size_t resample) const {
    return std::span(weights_).subspan(resample * blocks_, blocks_);
  }
  [[nodiscard]] std::size_t resamples() const {
    return blocks_ == 0 ? 0 : weights_.size() / blocks_;
  }

 private:
  std::size_t blocks_{0};
  std::vector<std::uint16_t> weights_;
};

struct Difference {
  double before{}, after{};
  double low{}, high{};  // of after - before: 95 %
  double error{};        // the standard error
};

// `measure(sample, weights)` gives the quantity.
template <typename Measure>
Difference difference(const BlockSample& before, const BlockWeights& of_before,
                      const BlockSample& after, const BlockWeights& of_after, std::size_t resamples,
                      Measure measure);

// Of a standard normal: two-sided, corrected for `tests` that are looked at (Bonferroni).
double critical_value(double alpha, std::size_t tests);

// Of the differences that were drawn.
Difference summed_up(double before, double after, std::vector<double> drawn);

template <typename Measure>
Difference difference(const BlockSample& before, const BlockWeights& of_before,
                      const BlockSample& after, const BlockWeights& of_after, std::size_t resamples,
                      Measure measure) {
  std::vector<double> drawn;
  drawn.reserve(resamples);
  for (std::size_t i = 0; i < resamples; ++i) {
    drawn.push_back(measure(after, of_after.of(i)) - measure(before, of_before.of(i)));
  }
  return summed_up(measure(before, {}), measure(after, {}), std::move(drawn));
}

}  // namespace wakepath::analysis
