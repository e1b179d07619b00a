// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconstruct/kick_log.hpp"

#include <algorithm>
#include <utility>

namespace wakepath::reconstruct {

namespace {

// vgic_queue_irq_unlock() makes an interrupt pending and kicks right after, with a lock released in
// between (arch/arm64/kvm/vgic/vgic.c).
constexpr std::uint64_t kToldWithinNs = 20'000;

}  // namespace

void KickLog::kicked(std::uint64_t at_ns, CausePtr by) {
  constexpr std::size_t kMaxKicks = 64;
  if (kicks_.size() < kMaxKicks) {
    kicks_.push_back({at_ns, std::move(by)});
  } else {
    overflowed_ = true;
  }
}

void KickLog::entered(std::uint64_t at_ns) {
  begin_anew(at_ns);
  entry_ns_ = at_ns;
}

void KickLog::exited(std::uint64_t at_ns) {
  if (entry_ns_ <= exit_ns_) {
    // Not all guest entries are seen here: one before this may have dealt with earlier kicks.
    begin_anew(at_ns);
  }
  exit_ns_ = at_ns;
}

void KickLog::begin_anew(std::uint64_t at_ns) {
  kicks_.clear();
  overflowed_ = false;
  since_ns_ = at_ns;
}

KickLog::PollEnd KickLog::poll_end(std::uint64_t told_ns, std::uint64_t polled_ns,
                                   const CausePtr& timer) const {
  if (!whole()) {
    return {timer, 0};
  }
  if (kicks_.empty() || (timer && timer->entry_ns <= kicks_.front().at_ns)) {
    return {timer, since_ns_};
  }
  // The first look may lie before this, never after.
  const std::uint64_t looks_since_ns = told_ns - std::min(polled_ns, told_ns);
  const Kick& first = kicks_.front();
  const bool only_before = kicks_.back().at_ns < looks_since_ns;
  const bool certain =
      polled_ns == 0 ? first.at_ns < exit_ns_ : first.at_ns >= looks_since_ns || only_before;
  return {certain ? first.by : nullptr, since_ns_};
}

bool KickLog::tells_late(std::uint64_t told_ns, std::uint64_t at_ns, const CausePtr& by) const {
  return whole() && kicks_.empty() && by && at_ns <= told_ns + kToldWithinNs &&
         std::max({by->entry_ns, by->callback_ns, by->requested_ns}) <= told_ns;
}

}  // namespace wakepath::reconstruct
