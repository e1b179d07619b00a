// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/block_bootstrap.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

namespace wakepath::analysis {

namespace {

// Three digits: values that differ by less are one.
std::uint64_t rounded(std::uint64_t value) {
  constexpr int kBits = 11;
  const int spare = std::max(0, static_cast<int>(std::bit_width(value)) - kBits);
  return spare == 0 ? value : (value >> spare << spare) + (std::uint64_t{1} << (spare - 1));
}

// splitmix64 (Steele, Lea, Flood, 2014): short, and the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111eb;
    return z ^ (z >> 31U);
  }
  // Below `most`, which is small: the bias is far below what matters.
  std::uint32_t below(std::uint32_t most) {
    return static_cast<std::uint32_t>((next() >> 32U) * most >> 32U);
  }

 private:
  std::uint64_t state_;
};

// The quantile of a standard normal: the root of its distribution function.
double normal_quantile(double p) {
  double low = -40;
  double high = 40;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

void BlockSample::close() {
  for (Point& point : points_) {
    point.value = rounded(point.value);
    if (point.block >= in_block_.size()) {
      in_block_.resize(point.block + std::size_t{1});
    }
    in_block_[point.block] += point.count;
    count_ += point.count;
  }
  std::ranges::sort(points_, [](const Point& a, const Point& b) {
    return std::tie(a.value, a.block) < std::tie(b.value, b.block);
  });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < points_.size(); ++i) {
    if (kept != 0 && points_[kept - 1].value == points_[i].value &&
        points_[kept - 1].block == points_[i].block) {
      points_[kept - 1].count += points_[i].count;
    } else {
      points_[kept++] = points_[i];
    }
  }
  points_.resize(kept);
}

std::uint64_t BlockSample::weight(std::span<const std::uint16_t> weights) const {
  if (weights.empty()) {
    return count_;
  }
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < in_block_.size(); ++i) {
    sum += in_block_[i] * weights[i];
  }
  return sum;
}

std::uint64_t BlockSample::quantile(double q, std::span<const std::uint16_t> weights) const {
  const std::uint64_t all = weight(weights);
  const auto rank = std::max<std::uint64_t>(
      static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(all) * (1 - 1e-12))), 1);
  std::uint64_t seen = 0;
  for (const Point& point : points_) {
    seen += std::uint64_t{point.count} * (weights.empty() ? 1 : weights[point.block]);
    if (seen >= rank) {
      return point.value;
    }
  }
  return points_.empty() ? 0 : points_.back().value;
}

double BlockSample::over(std::uint64_t limit, std::span<const std::uint16_t> weights) const {
  const std::uint64_t all = weight(weights);
  std::uint64_t longer = 0;
  for (auto at = points_.rbegin(); at != points_.rend() && at->value > limit; ++at) {
    longer += std::uint64_t{at->count} * (weights.empty() ? 1 : weights[at->block]);
  }
  return all == 0 ? 0 : static_cast<double>(longer) / static_cast<double>(all);
}

BlockWeights::BlockWeights(const std::vector<std::uint32_t>& blocks, std::size_t resamples,
                           std::uint64_t seed)
    : blocks_(std::accumulate(blocks.begin(), blocks.end(), std::size_t{0})),
      weights_(blocks_ * resamples) {
  Random random(seed);
  std::vector<std::size_t> first;
  std::size_t at = 0;
  for (const std::uint32_t count : blocks) {
    first.push_back(at);
    at += count;
  }
  for (std::size_t resample = 0; resample < resamples; ++resample) {
    const auto row = std::span(weights_).subspan(resample * blocks_, blocks_);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const std::size_t which =
          blocks.size() == 1 ? 0 : random.below(static_cast<std::uint32_t>(blocks.size()));
      for (std::uint32_t block = 0; block < blocks[which]; ++block) {
        ++row[first[which] + random.below(blocks[which])];
      }
    }
  }
}

double critical_value(double alpha, std::size_t tests) {
  const double each = alpha / static_cast<double>(std::max<std::size_t>(tests, 1));
  return normal_quantile(1 - each / 2);
}

Difference summed_up(double before, double after, std::vector<double> drawn) {
  Difference out{before, after, 0, 0, 0};
  if (drawn.empty()) {
    return out;
  }
  std::ranges::sort(drawn);
  const auto size = static_cast<double>(drawn.size());
  const auto at = [&](double part) {
    return drawn[std::min(static_cast<std::size_t>(part * size), drawn.size() - 1)];
  };
  out.low = at(0.025);
  out.high = at(0.975);
  const double mean = std::accumulate(drawn.begin(), drawn.end(), 0.0) / size;
  double squares = 0;
  for (const double value : drawn) {
    squares += (value - mean) * (value - mean);
  }
  out.error = std::sqrt(squares / std::max(size - 1, 1.0));
  return out;
}

}  // namespace wakepath::analysis
