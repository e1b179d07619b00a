// SPDX-License-Identifier: GPL-2.0-or-later
// How sure it is what a change would give: 95 % intervals, by resampling blocks of time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "analysis/block_bootstrap.hpp"
#include "analysis/total_kind.hpp"
#include "wakepath/finding.hpp"
#include "wakepath/sink.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::analysis {

// A wake as it was, and as it would be.
struct ChangedWake {
  std::uint64_t at_ns{};  // from the run's begin
  std::uint64_t before_ns{}, after_ns{};
};
struct ChangeIntervals {
  std::optional<ChangeInterval> p50, p99;  // nullopt: too few wakes, or too short a time
};
// What the intervals of a run share: the draws, as long as they are alike, and how much all of them
// together may take.
class Resampling {
 public:
  // `wakes`: of the run. Each brings some, so resampling takes no longer than reading.
  explicit Resampling(std::size_t wakes) : left_(kFirstSteps + wakes * kStepsOfWake) {}

  // How many resamples there may be for samples of so many points, of the `wanted` ones. 0: too few
  // to tell anything.
  std::size_t afford(std::uint32_t blocks, std::size_t points, std::size_t wanted);
  // Valid until the next call.
  const BlockWeights& weights(std::uint32_t blocks, std::size_t resamples);
  // So many samples had to do without.
  [[nodiscard]] std::size_t refused() const { return refused_; }

 private:
  static constexpr std::size_t kFirstSteps = 1'000'000'000;
  static constexpr std::size_t kStepsOfWake = 8'000;
  [[nodiscard]] bool has(std::uint32_t blocks, std::size_t resamples) const;

  std::size_t left_;
  std::size_t refused_{0};
  std::uint32_t blocks_{0};
  std::optional<BlockWeights> weights_;
};

// Both percentiles are of the same blocks in each resample. The same wakes give the same numbers.
ChangeIntervals change_intervals(std::span<const ChangedWake> wakes, Resampling& shared);

// Keeps of each wake what it lost to each culprit. Of the first million wakes: a longer run has no
// intervals.
class EffectSample {
 public:
  static constexpr std::size_t kMostWakes = std::size_t{1} << 20U;

  void begin(std::uint64_t begin_ns) { begin_ns_ = begin_ns; }
  void add(const WakeChain& chain);
  // If the culprit of this row were gone.
  [[nodiscard]] ChangeIntervals without(const BlameRow& row) const;
  [[nodiscard]] bool overran() const { return overran_; }

 private:
  // What tells culprits apart, as in BlameSums.
  using Culprit = std::tuple<BlameKind, std::string, std::optional<std::uint32_t>>;
  struct Wake {
    std::uint64_t at_ns{}, total_ns{};
    TotalKind kind{};
  };
  struct Lost {
    std::uint32_t wake{}, culprit{};
    std::uint64_t ns{};
  };
  static constexpr std::size_t kMostLost = kMostWakes * 8;
  static constexpr std::size_t kMostCulprits = 65'536;

  std::uint64_t begin_ns_{0};
  std::vector<Wake> wakes_;
  std::vector<Lost> lost_;
  std::map<Culprit, std::uint32_t> culprits_;
  bool overran_{false};
};

}  // namespace wakepath::analysis
