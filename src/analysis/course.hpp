// SPDX-License-Identifier: GPL-2.0-or-later
// How the totals of wakes are spread, when the worst of them were, and which were the slowest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wakepath/heat_map.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

// By size: 100 ns, 200 ns, 500 ns, 1 us, ... 500 s.
class Spread {
 public:
  void add(std::uint64_t ns);
  // From the first that has any to the last.
  [[nodiscard]] std::vector<SpreadRow> rows() const;

 private:
  static constexpr std::size_t kBounds = 30;
  static const std::array<std::uint64_t, kBounds>& bounds();
  std::array<std::uint64_t, kBounds + 1> counts_{};
};

// By time: at most so many equal parts, which grow as the run goes on.
class Course {
 public:
  static constexpr std::size_t kMost = 64;
  void begin(std::uint64_t begin_ns) { begin_ns_ = begin_ns; }
  void add(std::uint64_t at_ns, std::uint64_t ns);
  [[nodiscard]] std::vector<WorstOfTime> rows() const;

 private:
  struct Part {
    std::uint64_t wakes{};
    std::uint64_t max_ns{};
    std::array<std::uint64_t, kHeatRows> by_latency{};
  };
  std::uint64_t begin_ns_{0};
  std::uint64_t width_ns_{1'000'000};
  std::vector<Part> parts_;
};

// Of several wakes that took as long, the first.
class Slowest {
 public:
  explicit Slowest(std::size_t most) : most_(most) {}
  void add(const WakeChain& chain);
  // The slowest first.
  [[nodiscard]] std::vector<SlowWake> rows() const;

 private:
  std::size_t most_;
  std::vector<SlowWake> kept_;  // a heap: the least slow stands first
};

}  // namespace wakepath::analysis
