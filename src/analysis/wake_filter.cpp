// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/wake_filter.hpp"

#include <algorithm>
#include <utility>

#include "analysis/analysis.hpp"
#include "analysis/judge.hpp"
#include "analysis/moment.hpp"

namespace wakepath::analysis {

Result<void> WakeFilter::begin(const Header& header) {
  if (selection_.since) {
    WAKEPATH_TRY(since_ns_, resolve(*selection_.since, header));
  }
  if (selection_.until) {
    WAKEPATH_TRY(until_ns_, resolve(*selection_.until, header));
  }
  return {};
}

void WakeFilter::recorder_waited_for(const TriggerFact& fact) {
  triggers_.clear();
  for (const std::string& text : fact.conditions) {
    // A dump may hold anything.
    if (auto trigger = Trigger::parse(text)) {
      triggers_.push_back(*std::move(trigger));
    }
  }
}

bool WakeFilter::takes(const WakeChain& chain) const {
  return in_time(chain.begin_ns, chain.end_ns) && selected(selection_, chain) &&
         (!selection_.breach || std::ranges::any_of(triggers_, [&](const Trigger& trigger) {
           return trigger.met_by(chain).has_value();
         }));
}

bool WakeFilter::takes(const Delivery& delivery) const {
  return !selection_.breach && in_time(delivery.begin_ns, delivery.end_ns) &&
         selected(selection_, delivery);
}

}  // namespace wakepath::analysis
