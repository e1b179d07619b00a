// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/scales.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace wakepath::report {

namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kLargestPower = 10'000'000'000'000'000'000U;

std::uint64_t power_below(std::uint64_t value) {
  std::uint64_t power = 1;
  while (value / 10 >= power) {
    power *= 10;
  }
  return power;
}

}  // namespace

LinearScale::LinearScale(std::uint64_t low, std::uint64_t high, double from, double to)
    : low_(low), high_(std::max(high, low == kMost ? low : low + 1)), from_(from), to_(to) {}

double LinearScale::operator()(std::uint64_t value) const {
  const std::uint64_t in = std::clamp(value, low_, high_);
  const auto span = static_cast<double>(std::max<std::uint64_t>(high_ - low_, 1));
  return from_ + (to_ - from_) * static_cast<double>(in - low_) / span;
}

std::vector<std::uint64_t> LinearScale::ticks(std::size_t most) const {
  const std::uint64_t span = high_ - low_;
  const std::uint64_t wanted = span / std::max<std::size_t>(most, 1) + 1;
  const std::uint64_t power = power_below(wanted);
  std::uint64_t step = power;
  for (const std::uint64_t factor : {1U, 2U, 5U, 10U}) {
    step = factor == 10 && power == kLargestPower ? step : power * factor;
    if (step >= wanted) {
      break;
    }
  }
  std::vector<std::uint64_t> all;
  for (std::uint64_t at = 0; at <= span; at += step) {
    all.push_back(low_ + at);
    if (span - at < step) {
      break;
    }
  }
  return all;
}

LogScale::LogScale(std::uint64_t low, std::uint64_t high, double from, double to)
    : low_(power_below(std::max<std::uint64_t>(low, 1))), high_(low_), from_(from), to_(to) {
  while (high_ < high && high_ < kLargestPower) {
    high_ *= 10;
  }
  if (high_ == low_ && high_ < kLargestPower) {
    high_ *= 10;
  }
}

double LogScale::operator()(std::uint64_t value) const {
  const std::uint64_t in = std::clamp(value, low_, high_);
  const double low = std::log10(static_cast<double>(low_));
  const double span = std::max(std::log10(static_cast<double>(high_)) - low, 1.0);
  return from_ + (to_ - from_) * (std::log10(static_cast<double>(in)) - low) / span;
}

std::vector<std::uint64_t> LogScale::ticks() const {
  std::vector<std::uint64_t> all;
  for (std::uint64_t at = low_;; at *= 10) {
    all.push_back(at);
    if (at >= high_) {
      return all;
    }
  }
}

}  // namespace wakepath::report
