// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/latency_counts.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace wakepath::screen {

namespace {

constexpr std::uint32_t kFull = std::numeric_limits<std::uint32_t>::max();

}  // namespace

LatencyCounts::Steps& LatencyCounts::page(std::size_t octave) {
  std::unique_ptr<Steps>& at = pages_[octave];
  if (!at) {
    at = std::make_unique<Steps>();
  }
  return *at;
}

void LatencyCounts::halve() {
  held_ = 0;
  for (const auto& steps : pages_) {
    if (!steps) {
      continue;
    }
    for (std::uint32_t& count : *steps) {
      count = count / 2 + count % 2;
      held_ += count;
    }
  }
}

void LatencyCounts::add(std::uint64_t ns) {
  const auto bits = static_cast<unsigned>(std::bit_width(ns));
  const unsigned octave = bits <= kBits ? 0 : bits - kBits;
  const std::size_t step = octave == 0 ? ns : (ns >> (octave - 1)) - kSteps;
  std::uint32_t& count = page(octave)[step];
  if (count == kFull) {
    halve();
  }
  ++count;
  ++held_;
  min_ = count_ == 0 ? ns : std::min(min_, ns);
  max_ = std::max(max_, ns);
  ++count_;
}

void LatencyCounts::add(const LatencyCounts& other) {
  if (other.count_ == 0) {
    return;
  }
  for (std::size_t octave = 0; octave < kOctaves; ++octave) {
    if (!other.pages_[octave]) {
      continue;
    }
    const Steps& from = *other.pages_[octave];
    Steps& to = page(octave);
    for (std::size_t i = 0; i < kSteps; ++i) {
      const std::uint32_t more = std::min(from[i], kFull - to[i]);
      to[i] += more;
      held_ += more;
    }
  }
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
}

void LatencyCounts::quantiles(std::span<const double> fractions,
                              std::span<std::uint64_t> out) const {
  std::ranges::fill(out, max_);
  const auto rank = [&](std::size_t i) {
    return std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::ceil(fractions[i] * static_cast<double>(held_) - 1e-9)));
  };
  std::size_t next = 0;
  std::uint64_t seen = 0;
  std::uint64_t wanted = fractions.empty() ? 0 : rank(0);
  for (std::size_t octave = 0; octave < kOctaves; ++octave) {
    if (!pages_[octave]) {
      continue;
    }
    for (std::size_t step = 0; step < kSteps; ++step) {
      seen += (*pages_[octave])[step];
      for (; next < fractions.size() && seen >= wanted; ++next) {
        const std::size_t shift = octave == 0 ? 0 : octave - 1;
        const std::uint64_t low = octave == 0 ? step : (kSteps + step) << shift;
        const std::uint64_t middle = low + ((std::uint64_t{1} << shift) - 1) / 2;
        out[next] = std::clamp(middle, min_, max_);
        wanted = next + 1 < fractions.size() ? rank(next + 1) : wanted;
      }
    }
    if (next == fractions.size()) {
      return;
    }
  }
}

}  // namespace wakepath::screen
