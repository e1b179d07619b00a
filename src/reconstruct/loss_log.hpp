// SPDX-License-Identifier: GPL-2.0-or-later
// When records were lost, to ask of any span of time whether a loss can have touched it.
//
// A record lost on any CPU can hide a queueing or a waking that belongs to a chain elsewhere, so a
// chain is trusted only where no loss at all lies inside it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "order/event_sequencer.hpp"

namespace wakepath::reconstruct {

class LossLog {
 public:
  void add(const order::LossInterval& loss) {
    losses_.push_back(loss);
    if (losses_.size() > kKept) {
      forgotten_until_ns_ = std::max(forgotten_until_ns_, losses_.front().end_ns);
      losses_.pop_front();
    }
  }

  struct Touch {
    bool lost{false};
    bool missed{false};

    [[nodiscard]] bool any() const { return lost || missed; }
  };
  // Bounds included: a loss is known only to lie between two records, and a chain may begin with
  // one. The hold-back is added because an interrupt may have lost events after the one that told
  // the loss had its time taken.
  [[nodiscard]] Touch touching(std::uint64_t begin_ns, std::uint64_t end_ns) const {
    Touch touch{forgotten_until_ns_ != 0 && begin_ns <= forgotten_until_ns_ + order::kHoldBackNs,
                false};
    for (const order::LossInterval& loss : losses_) {
      if (loss.begin_ns <= end_ns && loss.end_ns + order::kHoldBackNs >= begin_ns) {
        (loss.kind == order::LossInterval::Kind::missed ? touch.missed : touch.lost) = true;
      }
    }
    return touch;
  }

 private:
  static constexpr std::size_t kKept = 1024;
  std::deque<order::LossInterval> losses_;
  std::uint64_t forgotten_until_ns_{0};
};

}  // namespace wakepath::reconstruct
