// SPDX-License-Identifier: GPL-2.0-or-later
// Which wakes of a stream are shown and counted, once the stream has said what the words of the
// selection mean in it.
#pragma once

#include <cstdint>
#include <vector>

#include "analysis/trigger.hpp"
#include "order/event_sequencer.hpp"
#include "wakepath/facts.hpp"
#include "wakepath/pipeline.hpp"

namespace wakepath::analysis {

class WakeFilter {
 public:
  // `selection` must outlive it.
  explicit WakeFilter(const Selection& selection) : selection_(selection) {}

  // Error: usage, where a time of day can't be told from the header.
  Result<void> begin(const Header& header);
  void recorder_waited_for(const TriggerFact& fact);

  [[nodiscard]] bool takes(const WakeChain& chain) const;
  [[nodiscard]] bool takes(const Delivery& delivery) const;
  [[nodiscard]] bool has_trigger() const { return !triggers_.empty(); }

 private:
  [[nodiscard]] bool in_time(std::uint64_t begin_ns, std::uint64_t end_ns) const {
    const auto& during = selection_.during;
    return begin_ns >= since_ns_ && begin_ns < until_ns_ &&
           (!during || (begin_ns <= during->end_ns && end_ns >= during->begin_ns));
  }

  const Selection& selection_;
  std::vector<Trigger> triggers_;
  std::uint64_t since_ns_{0};
  std::uint64_t until_ns_{order::kOpenEnd};
};

}  // namespace wakepath::analysis
