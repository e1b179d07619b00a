// SPDX-License-Identifier: GPL-2.0-or-later
// Which wakes of a stream are shown and counted, once the stream has said what the words of the
// selection mean in it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/moment.hpp"
#include "analysis/trigger.hpp"
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

  // CLOCK_REALTIME - CLOCK_MONOTONIC at its begin; nullopt: not known.
  using Offset = std::optional<std::uint64_t>;
  [[nodiscard]] bool takes(const WakeChain& chain, Offset offset_ns);
  [[nodiscard]] bool takes(const Delivery& delivery, Offset offset_ns) const;
  [[nodiscard]] bool has_trigger() const { return !triggers_.empty(); }

 private:
  [[nodiscard]] bool meets_a_trigger(const WakeChain& chain);
  [[nodiscard]] bool in_time(const TimeSpan& span, Offset offset_ns) const;

  const Selection& selection_;
  std::vector<Trigger> triggers_;
  // Those that fit a wake's VM and path, which a pattern may take long to tell.
  std::map<std::pair<std::string, std::string>, std::vector<const Trigger*>> fitting_;
  std::optional<StreamMoment> since_, until_;
};

}  // namespace wakepath::analysis
