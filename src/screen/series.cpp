// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/series.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "util/saturated.hpp"

namespace wakepath::screen {

// Of two that took as long, the first is the slower one.
bool SlowestWakes::is_slower(const Kept& a, const Kept& b) {
  return std::tuple(a.total_ns, b.id) > std::tuple(b.total_ns, a.id);
}

void SlowestWakes::add(PassingWake& wake, std::size_t most) {
  while (kept_.size() > most) {
    std::ranges::pop_heap(kept_, is_slower);
    kept_.pop_back();
  }
  if (most == 0) {
    return;
  }
  Kept one{wake.chain().total_ns(), wake.chain().id, nullptr};
  if (kept_.size() == most) {
    if (!is_slower(one, kept_.front())) {
      return;
    }
    std::ranges::pop_heap(kept_, is_slower);
    kept_.pop_back();
  }
  one.wake = wake.keep();
  kept_.push_back(std::move(one));
  std::ranges::push_heap(kept_, is_slower);
}

void SlowestWakes::add(const SlowestWakes& other) {
  kept_.insert(kept_.end(), other.kept_.begin(), other.kept_.end());
  std::ranges::make_heap(kept_, is_slower);
}

std::vector<KeptWake> SlowestWakes::sorted() const {
  std::vector<Kept> sorted = kept_;
  std::ranges::sort(sorted, is_slower);
  std::vector<KeptWake> all;
  all.reserve(sorted.size());
  for (Kept& one : sorted) {
    all.push_back(std::move(one.wake));
  }
  return all;
}

void Series::add(const Taken& taken) {
  const WakeChain& chain = taken.wake.chain();
  const std::uint64_t total = chain.total_ns();
  totals_.add(total);
  minute_.add(taken.column, total);
  culprits_.add(taken.parts);
  const bool slow = total > taken.target_ns;
  over_ += slow ? 1 : 0;
  over_ns_ = slow ? saturated_sum(over_ns_, total) : over_ns_;
  ++over_of_;
  StageSums& sums = slow ? slow_ : normal_;
  std::array<std::uint64_t, kStageKinds> spent{};
  std::array<bool, kStageKinds> seen{};
  for (const Stage& stage : chain.stages) {
    const auto kind = static_cast<std::size_t>(stage.kind);
    spent[kind] += stage.end_ns - stage.begin_ns;
    seen[kind] = true;
  }
  for (std::size_t kind = 0; kind < kStageKinds; ++kind) {
    sums[kind].wakes += seen[kind] ? 1U : 0U;
    sums[kind].ns = saturated_sum(sums[kind].ns, spent[kind]);
  }
  kept_.add(taken.wake, taken.kept);
}

void Series::add(const Series& other) {
  totals_.add(other.totals_);
  minute_.add(other.minute_);
  culprits_.add(other.culprits_);
  over_ += other.over_;
  over_of_ += other.over_of_;
  over_ns_ = saturated_sum(over_ns_, other.over_ns_);
  for (std::size_t kind = 0; kind < kStageKinds; ++kind) {
    slow_[kind].wakes += other.slow_[kind].wakes;
    slow_[kind].ns = saturated_sum(slow_[kind].ns, other.slow_[kind].ns);
    normal_[kind].wakes += other.normal_[kind].wakes;
    normal_[kind].ns = saturated_sum(normal_[kind].ns, other.normal_[kind].ns);
  }
  kept_.add(other.kept_);
}

void Series::forget_target() {
  slow_ = {};
  normal_ = {};
  over_ = over_of_ = over_ns_ = 0;
}

void Series::forget() {
  Minute minute = std::move(minute_);
  *this = Series();
  minute_ = std::move(minute);
}

const Series::Quantiles& Series::quantiles() const {
  constexpr std::array kFractions{0.5, 0.9, 0.99, 0.999};
  if (quantiles_of_ != totals_.count()) {
    totals_.quantiles(kFractions, quantiles_);
    quantiles_of_ = totals_.count();
  }
  return quantiles_;
}

}  // namespace wakepath::screen
