// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/wake_filter.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "analysis/analysis.hpp"
#include "analysis/judge.hpp"
#include "analysis/moment.hpp"

namespace wakepath::analysis {

Result<void> WakeFilter::begin(const Header& header) {
  if (selection_.since) {
    WAKEPATH_TRY(since_, resolve(*selection_.since, header));
  }
  if (selection_.until) {
    WAKEPATH_TRY(until_, resolve(*selection_.until, header));
  }
  // A time of day may go on otherwise than the time since the begin.
  if (since_ && until_ && selection_.since->of_day == selection_.until->of_day &&
      until_->begin_ns <= since_->begin_ns) {
    return fail(ErrorKind::usage,
                fmt::format("--until {} is not after --since {}: no wake is between them",
                            selection_.until->text, selection_.since->text));
  }
  return {};
}

void WakeFilter::recorder_waited_for(const TriggerFact& fact) {
  triggers_.clear();
  fitting_.clear();
  for (const std::string& text : fact.conditions) {
    // A dump may hold anything.
    if (auto trigger = Trigger::parse(text)) {
      triggers_.push_back(*std::move(trigger));
    }
  }
}

bool WakeFilter::in_time(const TimeSpan& span, Offset offset_ns) const {
  const auto& during = selection_.during;
  return (!since_ || since_->comparable(span.begin_ns, offset_ns) >= since_->begin_ns) &&
         (!until_ || until_->comparable(span.begin_ns, offset_ns) < until_->begin_ns) &&
         (!during || (span.begin_ns <= during->end_ns && span.end_ns >= during->begin_ns));
}

bool WakeFilter::takes(const WakeChain& chain, Offset offset_ns) {
  return in_time({chain.begin_ns, chain.end_ns, {}}, offset_ns) && selected(selection_, chain) &&
         (!selection_.breach || meets_a_trigger(chain));
}

bool WakeFilter::meets_a_trigger(const WakeChain& chain) {
  constexpr std::size_t kMostNames = 4096;
  const std::pair names(chain.who.vm, chain.path);
  auto fitting = fitting_.find(names);
  if (fitting == fitting_.end()) {
    if (fitting_.size() >= kMostNames) {
      fitting_.clear();
    }
    fitting = fitting_.emplace(names, std::vector<const Trigger*>()).first;
    for (const Trigger& trigger : triggers_) {
      if (trigger.fits_names(chain)) {
        fitting->second.push_back(&trigger);
      }
    }
  }
  return std::ranges::any_of(fitting->second, [&chain](const Trigger* trigger) {
    return trigger->measured(chain).has_value();
  });
}

bool WakeFilter::takes(const Delivery& delivery, Offset offset_ns) const {
  return !selection_.breach && in_time({delivery.begin_ns, delivery.end_ns, {}}, offset_ns) &&
         selected(selection_, delivery);
}

}  // namespace wakepath::analysis
