// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace wakepath::analysis {

namespace {

constexpr unsigned kBits = 10;  // 1024 buckets for each power of two

std::uint32_t bucket_of(std::uint64_t ns) {
  if (ns < (2U << kBits)) {
    return static_cast<std::uint32_t>(ns);
  }
  const auto shift = static_cast<unsigned>(std::bit_width(ns)) - kBits - 1;
  return static_cast<std::uint32_t>((shift << kBits) + (ns >> shift));
}

// The middle of the bucket's values.
std::uint64_t value_of(std::uint32_t bucket) {
  if (bucket < (2U << kBits)) {
    return bucket;
  }
  const unsigned shift = (bucket >> kBits) - 1;
  const std::uint64_t low = static_cast<std::uint64_t>(bucket - (shift << kBits)) << shift;
  return low + (std::uint64_t{1} << shift) / 2;
}

}  // namespace

void Histogram::add(std::uint64_t ns) {
  ++buckets_[bucket_of(ns)];
  min_ = count_ == 0 ? ns : std::min(min_, ns);
  max_ = std::max(max_, ns);
  ++count_;
}

std::uint64_t Histogram::quantile(double q) const {
  if (count_ == 0) {
    return 0;
  }
  // 0.07 * 100 is a little more than 7: without the correction its rank would be 8.
  const double exact = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_);
  const auto rank = static_cast<std::uint64_t>(std::ceil(exact * (1 - 1e-12)));
  std::uint64_t seen = 0;
  for (const auto& [bucket, count] : buckets_) {
    seen += count;
    if (seen >= std::max<std::uint64_t>(rank, 1)) {
      return std::clamp(value_of(bucket), min_, max_);
    }
  }
  return max_;
}

}  // namespace wakepath::analysis
