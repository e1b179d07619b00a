// SPDX-License-Identifier: GPL-2.0-or-later
// Between the sequencer and what follows it.
#pragma once

#include <cstdint>

#include "analysis/stream_observer.hpp"
#include "order/event_sequencer.hpp"

namespace wakepath::analysis {

// Shows the observer what passes, where there is one.
class StreamTap final : public order::SequencedSink {
 public:
  StreamTap(StreamObserver* observer, order::SequencedSink& next)
      : observer_(observer), next_(next) {}

  void loss(const order::LossInterval& loss) override {
    observer_->loss(loss);
    next_.loss(loss);
  }
  void event(const Event& event) override {
    observer_->event(event);
    next_.event(event);
  }
  void guest_report(const wp_guest_report& report) override { next_.guest_report(report); }
  void advanced_to(std::uint64_t time_ns) override { next_.advanced_to(time_ns); }

 private:
  StreamObserver* observer_;
  order::SequencedSink& next_;
};

}  // namespace wakepath::analysis
