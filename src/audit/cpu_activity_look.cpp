// SPDX-License-Identifier: GPL-2.0-or-later
// Looks at what ran while a capture goes on.
#include <algorithm>
#include <utility>

#include "audit/cpu_activity.hpp"

namespace wakepath::audit {

// The sum has at most so many things; of more, what it does not have yet is left out.
bool CpuActivity::add(const Activity& from, Activity& to, std::size_t most) {
  bool whole = true;
  to.unknown_ns += from.unknown_ns;
  for (const auto& [key, more] : from.ran) {
    if (to.ran.size() >= most && !to.ran.contains(key)) {
      whole = false;
      continue;
    }
    Counted& sum = to.ran[key];
    sum.count += more.count;
    sum.ns += more.ns;
    sum.longest_ns = std::max(sum.longest_ns, more.longest_ns);
    // What asked for it last, and the thread that had it.
    sum.by_irq = more.by_irq ? more.by_irq : sum.by_irq;
    sum.by = more.by ? more.by : sum.by;
    sum.worker = more.worker != 0 ? more.worker : sum.worker;
  }
  return whole;
}

bool CpuActivity::add(const Delays& from, Delays& to, std::size_t most) {
  bool whole = true;
  for (const auto& [key, more] : from) {
    if (to.size() >= most && !to.contains(key)) {
      whole = false;
      continue;
    }
    Delay& sum = to[key];
    sum.wakes += more.wakes;
    sum.ns += more.ns;
    sum.longest_ns = std::max(sum.longest_ns, more.longest_ns);
  }
  return whole;
}

// Nothing is copied where nobody looks in between.
const CpuActivity::Activity& CpuActivity::sum_of(const Cpu& on, Activity& room) {
  if (on.earlier.ran.empty() && on.earlier.unknown_ns == 0) {
    return on.lately;
  }
  room = on.earlier;
  static_cast<void>(add(on.lately, room));
  return room;
}

CpuActivity::Delays CpuActivity::sum_of_delays() const {
  Delays all = all_.delays;
  static_cast<void>(add(lately_.delays, all));
  return all;
}

ObservedTotals CpuActivity::totals_of(const Span& span) const {
  return {now_ns_ - std::min(now_ns_, span.begin_ns), span.wakes, span.lost, span.missed, cut_};
}

// What has a CPU now goes on: its run is as long as it is.
void CpuActivity::begin_next_look() {
  kinds_kept_ = 0;
  for (Cpu& on : cpus_) {
    const std::size_t room = kMostKindsInAll - std::min(kMostKindsInAll, earlier_kept_);
    const std::size_t before = on.earlier.ran.size();
    const std::size_t most = std::min(kMostKinds, before + room);
    cut_ = !add(on.lately, on.earlier, most) || cut_;
    earlier_kept_ += on.earlier.ran.size() - before;
    Activity next;
    on.counted = nullptr;
    if (const auto open = on.current ? on.lately.ran.find(*on.current) : on.lately.ran.end();
        open != on.lately.ran.end()) {
      Counted goes_on;
      goes_on.run_ns = open->second.run_ns;
      on.counted = &next.ran.emplace(open->first, goes_on).first->second;
    }
    on.lately = std::move(next);
    kinds_kept_ += on.lately.ran.size();
  }
  cut_ = !add(lately_.delays, all_.delays, kMostDelays) || cut_;
  lately_ = {};
  lately_.begin_ns = now_ns_;
}

CpuActivity::Look CpuActivity::look() {
  for (Cpu& on : cpus_) {
    if (on.since_ns) {
      settle(on, now_ns_);
    }
  }
  const auto lately = [](const Cpu& on, Activity& /*room*/) -> const Activity& {
    return on.lately;
  };
  Look look{told(lately, lately_.delays), told(sum_of, sum_of_delays())};
  look.lately.totals = totals_of(lately_);
  look.so_far.totals = totals_of(all_);
  begin_next_look();
  return look;
}

}  // namespace wakepath::audit
