// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/effect_sample.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace wakepath::analysis {

namespace {

// As a comparison has them.
constexpr std::uint64_t kShortestBlock = 50'000'000;
constexpr std::uint64_t kBlocks = 100;
constexpr std::size_t kFewestBlocks = 10;
constexpr double kBeyond = 10;  // measurements beyond a percentile
constexpr std::size_t kResamples = 1000;
constexpr std::size_t kFewestResamples = 200;
constexpr std::size_t kMostSteps = 60'000'000;
// Below it even the median has too few on one side.
constexpr std::size_t kFewestWakes = 20;

template <typename Blamed>
std::optional<std::uint32_t> number_in(const Blamed& blamed) {
  return blamed.interrupt ? std::optional(blamed.interrupt->irq) : blamed.tid;
}

}  // namespace

bool Resampling::has(std::uint32_t blocks, std::size_t resamples) const {
  return weights_ && blocks_ == blocks && weights_->resamples() == resamples;
}

std::size_t Resampling::afford(std::uint32_t blocks, std::size_t points, std::size_t wanted) {
  constexpr std::size_t kDraw = 4;    // steps
  constexpr std::size_t kShare = 16;  // of what is left: others come
  const std::size_t each = 2 * (points + 2 * std::size_t{blocks}) +
                           (has(blocks, wanted) ? 0 : kDraw * std::size_t{blocks});
  const std::size_t resamples = std::min(wanted, left_ / kShare / each);
  if (resamples < kFewestResamples) {
    ++refused_;
    return 0;
  }
  left_ -= resamples * each;
  return resamples;
}

const BlockWeights& Resampling::weights(std::uint32_t blocks, std::size_t resamples) {
  if (!has(blocks, resamples)) {
    weights_.emplace(std::vector<std::uint32_t>{blocks}, resamples, 1);
    blocks_ = blocks;
  }
  return *weights_;
}

ChangeIntervals change_intervals(std::span<const ChangedWake> wakes, Resampling& shared) {
  ChangeIntervals out;
  if (wakes.size() < kFewestWakes) {
    return out;
  }
  const std::uint64_t duration = std::ranges::max(wakes, {}, &ChangedWake::at_ns).at_ns;
  const std::uint64_t block_ns = std::max(kShortestBlock, duration / kBlocks + 1);
  const auto blocks = static_cast<std::uint32_t>(duration / block_ns) + 1;
  if (blocks < kFewestBlocks) {
    return out;
  }
  BlockSample before;
  BlockSample after;
  for (const ChangedWake& wake : wakes) {
    const auto block = static_cast<std::uint32_t>(wake.at_ns / block_ns);
    before.add(wake.before_ns, block);
    after.add(wake.after_ns, block);
  }
  before.close();
  after.close();
  const std::size_t points = before.size() + after.size();
  const std::size_t resamples =
      shared.afford(blocks, points, std::clamp(kMostSteps / points, kFewestResamples, kResamples));
  if (resamples == 0) {
    return out;
  }
  const BlockWeights& weights = shared.weights(blocks, resamples);
  const auto of = [&](double q) -> std::optional<ChangeInterval> {
    if (static_cast<double>(wakes.size()) * (1 - q) < kBeyond) {
      return std::nullopt;
    }
    const Difference found =
        difference(before, weights, after, weights, resamples,
                   [q](const BlockSample& sample, std::span<const std::uint16_t> drawn) {
                     return static_cast<double>(sample.quantile(q, drawn));
                   });
    return ChangeInterval{std::llround(found.low), std::llround(found.high)};
  };
  out.p50 = of(0.5);
  out.p99 = of(0.99);
  return out;
}

void EffectSample::add(const WakeChain& chain) {
  const auto kind = total_kind(chain);
  if (!kind || overran_) {
    return;
  }
  if (wakes_.size() == kMostWakes || lost_.size() >= kMostLost) {
    overran_ = true;
    wakes_ = {};
    lost_ = {};
    return;
  }
  const auto number = static_cast<std::uint32_t>(wakes_.size());
  wakes_.push_back({chain.end_ns - std::min(chain.end_ns, begin_ns_), chain.total_ns(), *kind});
  for (const Stage& stage : chain.stages) {
    std::uint64_t left = stage.end_ns - stage.begin_ns;
    for (const Blame& blame : stage.blame) {
      const std::uint64_t ns = std::min(left, blame.ns);
      left -= ns;
      Culprit culprit{blame.kind, blame.what, number_in(blame)};
      auto known = culprits_.find(culprit);
      if (known == culprits_.end() && culprits_.size() < kMostCulprits) {
        known = culprits_.emplace(std::move(culprit), static_cast<std::uint32_t>(culprits_.size()))
                    .first;
      }
      if (ns != 0 && known != culprits_.end()) {
        lost_.push_back({number, known->second, ns});
      }
    }
  }
}

ChangeIntervals EffectSample::without(const BlameRow& row) const {
  const auto culprit = culprits_.find({row.kind, row.what, number_in(row)});
  if (overran_ || culprit == culprits_.end()) {
    return {};
  }
  std::array<std::size_t, kTotalKinds> counts{};
  for (const Wake& wake : wakes_) {
    ++counts[static_cast<std::size_t>(wake.kind)];
  }
  const auto kind = static_cast<TotalKind>(std::ranges::max_element(counts) - counts.begin());
  std::vector<std::uint64_t> spared(wakes_.size());
  for (const Lost& lost : lost_) {
    spared[lost.wake] += lost.culprit == culprit->second ? lost.ns : 0;
  }
  std::vector<ChangedWake> changed;
  for (std::size_t i = 0; i < wakes_.size(); ++i) {
    if (wakes_[i].kind == kind) {
      changed.push_back({wakes_[i].at_ns, wakes_[i].total_ns, wakes_[i].total_ns - spared[i]});
    }
  }
  Resampling alone(changed.size());
  return change_intervals(changed, alone);
}

}  // namespace wakepath::analysis
