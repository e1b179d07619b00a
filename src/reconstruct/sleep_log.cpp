// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/sleep_log.hpp"

#include <utility>

namespace wakepath::reconstruct {

namespace {

// TASK_FROZEN, since 6.1 (f5d39b020809). Before, a frozen thread is in a sleep like any other.
constexpr std::uint32_t kFrozen = 0x8000;

}  // namespace

void SleepLog::left(std::uint64_t now_ns, const wp_switch& change) {
  left_ns_ = 0;
  const bool woken_already = std::exchange(woken_on_cpu_, false);
  if (change.preempt != 0) {
    return;
  }
  if (change.prev_state == 0 || woken_already) {
    left_ns_ = now_ns;
    return;
  }
  if (spans_.size() < kMaxSpans) {
    const bool frozen = (change.prev_state & kFrozen) != 0;
    spans_.push_back({now_ns, 0, frozen ? SleepSpan::Kind::frozen : SleepSpan::Kind::on_its_way});
  }
}

std::optional<std::uint64_t> SleepLog::woken(std::uint64_t now_ns, const LossLog& losses) {
  if (sleeps()) {
    spans_.back().end_ns = now_ns;
    return std::nullopt;
  }
  const std::uint64_t left_ns = std::exchange(left_ns_, 0);
  if (left_ns == 0) {
    woken_on_cpu_ = true;
    return std::nullopt;
  }
  // With an event lost it may have run meanwhile, and gone to sleep later.
  if (spans_.size() == kMaxSpans || losses.touching(left_ns, now_ns).any()) {
    return std::nullopt;
  }
  spans_.push_back({left_ns, now_ns, SleepSpan::Kind::on_its_way});
  return left_ns;
}

void SleepLog::back(std::uint64_t now_ns) {
  if (sleeps()) {
    spans_.back().end_ns = now_ns;
  }
  left_ns_ = 0;
  woken_on_cpu_ = false;
}

void SleepLog::clear() {
  spans_.clear();
  left_ns_ = 0;
  woken_on_cpu_ = false;
}

}  // namespace wakepath::reconstruct
