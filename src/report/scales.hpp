// SPDX-License-Identifier: GPL-2.0-or-later
// From values to pixels, and the values that an axis names.
#pragma once

#include <cstdint>
#include <vector>

namespace wakepath::report {

// [low, high] to [from, to]; either may run backwards on the page. What lies outside is put on the
// edge.
class LinearScale {
 public:
  LinearScale(std::uint64_t low, std::uint64_t high, double from, double to);
  [[nodiscard]] double operator()(std::uint64_t value) const;
  // Round values, at most `most` of them: multiples of 1, 2 or 5 and zeros, counted from `low`.
  [[nodiscard]] std::vector<std::uint64_t> ticks(std::size_t most) const;

 private:
  std::uint64_t low_, high_;
  double from_, to_;
};

// The same by powers of ten. `low` and `high` become the powers around them.
class LogScale {
 public:
  LogScale(std::uint64_t low, std::uint64_t high, double from, double to);
  [[nodiscard]] double operator()(std::uint64_t value) const;
  // The powers of ten, both ends included.
  [[nodiscard]] std::vector<std::uint64_t> ticks() const;

 private:
  std::uint64_t low_, high_;
  double from_, to_;
};

}  // namespace wakepath::report
