// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/unusual_wakes.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace wakepath::cli {

// Null: there are too many.
UnusualWakes::Seen* UnusualWakes::seen_of(const WakeChain& chain) {
  const auto known = seen_.find({chain.who.tid, chain.path});
  if (known != seen_.end()) {
    return &known->second;
  }
  return seen_.size() < kMostSeen ? &seen_[{chain.who.tid, chain.path}] : nullptr;
}

bool UnusualWakes::is_unusual(const WakeChain& chain, analysis::TotalKind kind, Seen* seen) const {
  if (options_.slow_ones_only) {
    return true;
  }
  if (options_.target_ns != 0) {
    return chain.total_ns() > options_.target_ns;
  }
  if (seen == nullptr) {
    return false;
  }
  const analysis::Histogram& totals = seen->latencies.totals(kind);
  if (totals.count() >= seen->next) {
    constexpr std::array kMiddleAndTail{0.5, 0.99};
    const auto at = totals.quantiles(kMiddleAndTail);
    seen->limit_ns = std::max(2 * at[0], at[1]);
    seen->next = totals.count() + totals.count() / 8;
  }
  return seen->limit_ns && chain.total_ns() > *seen->limit_ns;
}

findings::Usual UnusualWakes::usual_of(const WakeChain& chain, const Seen* seen) {
  if (seen == nullptr) {
    return {};
  }
  LatencyRow of;
  of.vm = chain.who.vm;
  of.vcpu = chain.who.vcpu;
  of.path = chain.path;
  std::vector<LatencyRow> rows;
  seen->latencies.rows(of, rows);
  return findings::usual_of(chain, rows);
}

Result<void> UnusualWakes::wake(const WakeChain& chain) {
  WAKEPATH_CHECK(to_.wake(chain));
  const auto kind = analysis::total_kind(chain);
  if (!kind) {
    return {};
  }
  if (slice_end_ns_ && chain.end_ns >= *slice_end_ns_) {
    WAKEPATH_CHECK(end_slice());
  }
  if (!slice_end_ns_) {
    slice_end_ns_ = chain.end_ns + kSliceNs;
  }
  Seen* const seen = options_.slow_ones_only ? nullptr : seen_of(chain);
  if (is_unusual(chain, *kind, seen)) {
    ++unusual_;
    if (!slowest_ || chain.total_ns() > slowest_->wake.total_ns()) {
      slowest_.emplace();
      slowest_->wake = chain;
      slowest_->usual = usual_of(chain, seen);
    }
  }
  if (seen != nullptr) {
    seen->latencies.add(chain);
  }
  return {};
}

Result<void> UnusualWakes::end_slice() {
  slice_end_ns_.reset();
  if (!slowest_) {
    return {};
  }
  slowest_->diagnosis = findings::diagnose(slowest_->wake, slowest_->usual);
  slowest_->of_unusual = unusual_;
  const findings::Explanation told = *std::exchange(slowest_, std::nullopt);
  unusual_ = 0;
  return to_.explanation(told);
}

// Its end is the only news where no wake comes any more.
Result<void> UnusualWakes::interval(const Interval& interval) {
  WAKEPATH_CHECK(to_.interval(interval));
  return slice_end_ns_ && interval.end_ns >= *slice_end_ns_ ? end_slice() : Result<void>{};
}

Result<void> UnusualWakes::summary(const Summary& summary) {
  WAKEPATH_CHECK(end_slice());
  return to_.summary(summary);
}

}  // namespace wakepath::cli
