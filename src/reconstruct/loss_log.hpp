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
  void hold_back(std::uint64_t ns) { hold_back_ns_ = std::min(ns, order::kLongestHoldBackNs); }
  void add(const order::LossInterval& loss) {
    Spans& spans = loss.kind == order::LossInterval::Kind::missed ? missed_ : lost_;
    spans.add(loss.begin_ns, loss.end_ns);
  }

  struct Touch {
    bool lost{false};
    bool missed{false};

    [[nodiscard]] bool any() const { return lost || missed; }
  };
  // Bounds included: a loss is known only to lie between two records, and a chain may begin with
  // one. The hold-back is added to the loss, because an interrupt may have lost events after
  // the one that told the loss had its time taken. The interval of a miss holds it for certain.
  [[nodiscard]] Touch touching(std::uint64_t begin_ns, std::uint64_t end_ns) const {
    return {lost_.touch(begin_ns, end_ns, hold_back_ns_), missed_.touch(begin_ns, end_ns, 0)};
  }

 private:
  // Overlapping spans are one: a storm of losses, which come in order but for a little, stays
  // small.
  class Spans {
   public:
    void add(std::uint64_t begin_ns, std::uint64_t end_ns) {
      while (!spans_.empty() && begin_ns <= spans_.back().end_ns &&
             end_ns >= spans_.back().begin_ns) {
        begin_ns = std::min(begin_ns, spans_.back().begin_ns);
        end_ns = std::max(end_ns, spans_.back().end_ns);
        spans_.pop_back();
      }
      spans_.push_back({begin_ns, end_ns});
      if (spans_.size() > kKept) {
        forgotten_until_ns_ = std::max(forgotten_until_ns_, spans_.front().end_ns);
        spans_.pop_front();
      }
    }
    [[nodiscard]] bool touch(std::uint64_t begin_ns, std::uint64_t end_ns,
                             std::uint64_t margin_ns) const {
      if (forgotten_until_ns_ != 0 && begin_ns <= forgotten_until_ns_ + margin_ns) {
        return true;
      }
      return std::any_of(spans_.begin(), spans_.end(), [&](const Span& span) {
        return span.begin_ns <= end_ns && span.end_ns + margin_ns >= begin_ns;
      });
    }

   private:
    struct Span {
      std::uint64_t begin_ns;
      std::uint64_t end_ns;
    };
    static constexpr std::size_t kKept = 1024;
    std::deque<Span> spans_;
    std::uint64_t forgotten_until_ns_{0};
  };

  std::uint64_t hold_back_ns_{order::kHoldBackNs};
  Spans lost_;
  Spans missed_;
};

}  // namespace wakepath::reconstruct
