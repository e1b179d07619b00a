// SPDX-License-Identifier: GPL-2.0-or-later
#include "order/event_sequencer.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace wakepath::order {

namespace {

// A tick whose events have not all arrived a second later will not see them any more: records are
// gone without a trace in the counters (a file from which somebody took records).
constexpr std::uint64_t kGivenUpNs = 1'000'000'000;

using Kind = LossInterval::Kind;

}  // namespace

EventSequencer::Cpu& EventSequencer::cpu(std::uint32_t number) {
  while (number >= cpus_.size()) {
    Cpu& added = cpus_.emplace_back();
    if (counts_void_) {
      added.arrivals.lose_place();
    }
  }
  return cpus_[number];
}

void EventSequencer::batch(const record::Batch& batch) {
  Cpu& from = cpu(batch.cpu);
  const Arrivals::Place place =
      from.arrivals.arrive(batch.number, batch.declared, hole_before(from, batch.last_ns));
  if (place == Arrivals::Place::again) {
    totals_.duplicates += batch.declared;
    return;
  }
  totals_.events += batch.declared;
  if (place == Arrivals::Place::late) {
    // A loss that was told stays a loss for the sink.
    totals_.late += batch.declared;
    totals_.lost -= batch.declared;
    return;
  }
  if (batch.malformed) {
    ++totals_.malformed;
    open_gap();
  }
  for (const Event& event : batch.events) {
    end_ns_ = std::max(end_ns_, event.time_ns);
    if (event.time_ns < watermark_) {
      ++totals_.late;
      losses_.push_back({batch.cpu, event.time_ns, event.time_ns, 1, Kind::late});
      continue;
    }
    from.queue.push(event);
  }
  from.newest_ns = std::max(from.newest_ns, batch.last_ns);
  from.progress_ns = end_ns_;
  failed_up_to(from, batch.cpu, batch.failed, std::max(from.clean_ns, batch.last_ns));
  from.clean_ns = std::max(from.clean_ns, batch.last_ns);
}

Arrivals::Span EventSequencer::hole_before(const Cpu& cpu, std::uint64_t now_ns) const {
  const std::uint64_t begin = in_capture(less_hold_back(cpu.clean_ns));
  return {begin, std::max({begin, cpu.clean_ns, now_ns})};
}

void EventSequencer::failed_up_to(Cpu& cpu, std::uint32_t number, std::uint64_t failed,
                                  std::uint64_t end_ns) {
  if (failed <= cpu.failed) {
    return;
  }
  const std::uint64_t lost = failed - cpu.failed;
  cpu.failed = failed;
  totals_.lost += lost;
  const Arrivals::Span between = hole_before(cpu, end_ns);
  losses_.push_back({number, between.begin_ns, between.end_ns, lost, Kind::lost});
}

void EventSequencer::tick(record::Tick tick) {
  if (!begin_ns_) {
    begin_missing_ = tick.number > 1;
    begin_ns_ = tick.time_ns;
  }
  if (tick.number != 0 && tick.number <= tick_number_) {
    return;  // it came before, or younger ones did: they said all that it says
  }
  end_ns_ = std::max(end_ns_, tick.time_ns);
  count_missed(tick);
  close_gap(tick.time_ns);
  expect_handed();
  for (const wp_tick_cpu& totals : tick.cpus) {
    Cpu& of = cpu(totals.cpu);
    if (tick.number != 0) {
      of.handed = totals.handed;
      of.handed_ns = tick.time_ns;
    }
  }
  mature_ticks();
  if (tick.number != 0 && tick.number != tick_number_ + 1) {
    // A CPU that this tick does not list may have had events that only the missing one counted.
    open_gap();
    close_gap(tick.time_ns);
  }
  tick_number_ = tick.number;
  last_tick_ns_ = tick.time_ns;
  ticks_.push_back(std::move(tick));
}

// Between the two readings of the count.
void EventSequencer::count_missed(const record::Tick& tick) {
  const bool then = (tick.flags & WP_TICK_MISSED_THEN) != 0;
  if (tick.missed > missed_) {
    const std::uint64_t missed = tick.missed - missed_;
    missed_ = tick.missed;
    totals_.missed += missed;
    const std::uint64_t early =
        std::min(last_tick_ns_, missed_then_ ? std::uint64_t{WP_MISSED_READ_NS} : hold_back_ns_);
    losses_.push_back({std::nullopt, in_capture(last_tick_ns_ - early),
                       tick.time_ns + (then ? 0 : hold_back_ns_), missed, Kind::missed});
  }
  missed_then_ = then;
}

// One tick later, because the CPU's next record, if it comes meanwhile, bounds the hole closer.
void EventSequencer::expect_handed() {
  for (Cpu& any : cpus_) {
    if (any.handed) {
      any.arrivals.expect(*any.handed, hole_before(any, any.handed_ns));
      any.handed.reset();
    }
  }
}

bool EventSequencer::arrived(const record::Tick& tick) const {
  return std::all_of(tick.cpus.begin(), tick.cpus.end(), [&](const wp_tick_cpu& totals) {
    return cpus_[totals.cpu].arrivals.next() >= totals.written;
  });
}

// A CPU's records come in the order of its ring: a record that younger ones have overtaken will not
// come. Otherwise only a long silence says so, because a reader that is behind may still send it.
bool EventSequencer::given_up(const record::Tick& tick) const {
  return std::all_of(tick.cpus.begin(), tick.cpus.end(), [&](const wp_tick_cpu& totals) {
    const Cpu& of = cpus_[totals.cpu];
    if (of.arrivals.next() >= totals.written) {
      return true;
    }
    if (of.handed) {
      return false;  // the next tick says which events are missing, and where
    }
    return of.newest_ns >= tick.time_ns + kGivenUpNs ||
           end_ns_ >= std::max(tick.time_ns, of.progress_ns) + kGivenUpNs;
  });
}

void EventSequencer::write_off(const record::Tick& tick, std::uint64_t begin_ns) {
  for (const wp_tick_cpu& totals : tick.cpus) {
    Cpu& of = cpus_[totals.cpu];
    if (of.arrivals.next() < totals.written) {
      const std::uint64_t lost = totals.written - of.arrivals.next();
      of.arrivals.give_up_to(totals.written);
      totals_.lost += lost;
      losses_.push_back(
          {totals.cpu, in_capture(begin_ns), tick.time_ns + hold_back_ns_, lost, Kind::lost});
    }
  }
}

// Judged when the tick matures, not when it comes: the batches that follow it tell the same losses,
// and closer.
void EventSequencer::settle(const record::Tick& tick) {
  for (const wp_tick_cpu& totals : tick.cpus) {
    Cpu& of = cpus_[totals.cpu];
    // The counters are read after the clock: a loss that they show may be younger than the tick.
    failed_up_to(of, totals.cpu, totals.failed, tick.time_ns + hold_back_ns_);
    totals_.skipped += totals.skipped - std::min<std::uint64_t>(totals.skipped, of.skipped);
    of.skipped = std::max<std::uint64_t>(of.skipped, totals.skipped);
  }
  for (Cpu& any : cpus_) {
    any.clean_ns = std::max(any.clean_ns, tick.time_ns);
  }
}

void EventSequencer::mature_ticks() {
  std::uint64_t watermark = watermark_;
  while (!ticks_.empty()) {
    const record::Tick& oldest = ticks_.front();
    if (!counts_void_ && !arrived(oldest)) {
      if (!given_up(oldest)) {
        break;
      }
      write_off(oldest, watermark);
    }
    settle(oldest);
    watermark = std::max(watermark, less_hold_back(oldest.time_ns));
    ticks_.pop_front();
  }
  release(watermark);
}

void EventSequencer::guest_report(const wp_guest_report& report) {
  // It would be taken for one of a later wake.
  if (report.time_ns >= watermark_) {
    reports_.push_back(report);
  }
}

void EventSequencer::gap(std::uint64_t lost_events) {
  counts_void_ = true;
  for (Cpu& any : cpus_) {
    any.arrivals.lose_place();
  }
  gap_lost_ += lost_events;
  open_gap();
}

void EventSequencer::open_gap() {
  if (!gap_begin_ns_) {
    // All that is older has been told, so nothing older can be missing.
    gap_begin_ns_ = in_capture(watermark_);
  }
}

void EventSequencer::close_gap(std::uint64_t end_ns) {
  if (!gap_begin_ns_) {
    return;
  }
  totals_.lost += gap_lost_;
  totals_.damaged += gap_lost_;
  losses_.push_back({std::nullopt, *gap_begin_ns_, std::max(*gap_begin_ns_, end_ns),
                     gap_lost_ == 0 ? std::nullopt : std::optional(gap_lost_), Kind::lost});
  gap_begin_ns_.reset();
  gap_lost_ = 0;
}

void EventSequencer::finish() {
  close_gap(kOpenEnd);
  expect_handed();
  // Events that the last ticks counted and that never came are lost.
  for (const record::Tick& tick : ticks_) {
    if (!counts_void_) {
      write_off(tick, watermark_);
    }
    settle(tick);
  }
  ticks_.clear();
  release(UINT64_MAX);
}

void EventSequencer::give_up_holes(std::uint64_t watermark) {
  for (std::uint32_t number = 0; number < cpus_.size(); ++number) {
    for (const Arrivals::Hole& hole : cpus_[number].arrivals.give_up_before(watermark)) {
      totals_.lost += hole.events();
      losses_.push_back(
          {number, hole.between.begin_ns, hole.between.end_ns, hole.events(), Kind::lost});
    }
  }
}

void EventSequencer::tell_losses(std::uint64_t watermark) {
  std::stable_sort(losses_.begin(), losses_.end(),
                   [](const LossInterval& a, const LossInterval& b) {
                     return std::tie(a.begin_ns, a.cpu) < std::tie(b.begin_ns, b.cpu);
                   });
  std::size_t told = 0;
  while (told < losses_.size() && losses_[told].begin_ns < watermark) {
    sink_.loss(losses_[told++]);
  }
  losses_.erase(losses_.begin(), losses_.begin() + static_cast<std::ptrdiff_t>(told));
}

void EventSequencer::tell_events(std::uint64_t watermark) {
  const auto reports_kept = std::stable_partition(
      reports_.begin(), reports_.end(),
      [&](const wp_guest_report& report) { return report.time_ns < watermark; });
  std::stable_sort(reports_.begin(), reports_kept,
                   [](const auto& a, const auto& b) { return a.time_ns < b.time_ns; });
  auto report = reports_.begin();

  struct Next {
    std::uint64_t time_ns;
    std::uint32_t cpu;
    const Event* event;
    const Event* end;
  };
  const auto younger = [](const Next& a, const Next& b) {
    return std::tie(a.time_ns, a.cpu) > std::tie(b.time_ns, b.cpu);
  };
  std::vector<Next> heap;
  for (std::uint32_t number = 0; number < cpus_.size(); ++number) {
    const auto events = cpus_[number].queue.older_than(watermark);
    if (!events.empty()) {
      heap.push_back(
          {events.front().time_ns, number, events.data(), events.data() + events.size()});
    }
  }
  std::ranges::make_heap(heap, younger);
  while (!heap.empty()) {
    std::ranges::pop_heap(heap, younger);
    Next next = heap.back();
    heap.pop_back();
    // As long as no other CPU has an older one.
    do {
      while (report != reports_kept && report->time_ns <= next.time_ns) {
        sink_.guest_report(*report++);
      }
      sink_.event(*next.event++);
      next.time_ns = next.event == next.end ? UINT64_MAX : next.event->time_ns;
    } while (next.event != next.end && (heap.empty() || younger(heap.front(), next)));
    if (next.event != next.end) {
      heap.push_back(next);
      std::ranges::push_heap(heap, younger);
    }
  }
  while (report != reports_kept) {
    sink_.guest_report(*report++);
  }
  for (Cpu& any : cpus_) {
    any.queue.drop();
  }
  reports_.erase(reports_.begin(), reports_kept);
}

void EventSequencer::release(std::uint64_t watermark) {
  if (watermark <= watermark_) {
    return;
  }
  give_up_holes(watermark);
  tell_losses(watermark);
  tell_events(watermark);
  watermark_ = watermark;
  sink_.advanced_to(watermark == UINT64_MAX ? end_ns_ : watermark);
}

}  // namespace wakepath::order
