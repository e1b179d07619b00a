// SPDX-License-Identifier: GPL-2.0-or-later
#include "order/event_sequencer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace wakepath::order {

namespace {

// A tick whose events have not all arrived a second later will not see them any more: records are
// gone without a trace in the counters (a file from which somebody took records).
constexpr std::uint64_t kGivenUpNs = 1'000'000'000;

std::uint64_t bytes_of(const record::Tick& tick) {
  return sizeof(record::Tick) + tick.cpus.capacity() * sizeof(wp_tick_cpu);
}

using Kind = LossInterval::Kind;

}  // namespace

EventSequencer::Cpu& EventSequencer::cpu(std::uint32_t number) {
  if (number >= cpus_.size()) {
    cpus_.resize(number + std::size_t{1});
  }
  Cpu& found = cpus_[number];
  if (found.gaps != gaps_) {
    found.arrivals.lose_place();
    found.gaps = gaps_;
  }
  return found;
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
    totals_.lost -= std::min<std::uint64_t>(totals_.lost, batch.declared);
    return;
  }
  if (batch.malformed) {
    ++totals_.malformed;
    open_gap();
  }
  LossInterval late;
  late_in_batch_ = 0;
  for (const Event& event : batch.events) {
    end_ns_ = std::max(end_ns_, event.time_ns);
    if (event.time_ns < joined_ns_) {
      continue;  // other events of that time are not in the stream
    }
    if (event.time_ns < watermark_) {
      lose_late(late, batch.cpu, event.time_ns);
      continue;
    }
    from.queue.push(event);
    ++held_events_;
  }
  if (late.lost) {
    add_loss(late);
  }
  holds(from, batch.cpu);
  from.newest_ns = std::max(from.newest_ns, batch.last_ns);
  from.progress_ns = end_ns_;
  failed_up_to(from, batch.cpu, batch.failed, std::max(clean_ns(from), batch.last_ns));
  from.clean_ns = std::max(from.clean_ns, batch.last_ns);
  recount(from);
  keep_limit();
}

// Late events are losses of a moment each. Where many come at once, those that lie within another
// are one with it; where it is a storm of them, all of a batch.
void EventSequencer::lose_late(LossInterval& late, std::uint32_t cpu, std::uint64_t time_ns) {
  constexpr std::uint64_t kStorm = 64;
  ++totals_.late;
  ++late_in_batch_;
  const bool within = late.lost && ((late.begin_ns <= time_ns && time_ns <= late.end_ns) ||
                                    late_in_batch_ >= kStorm);
  if (within) {
    late.begin_ns = std::min(late.begin_ns, time_ns);
    late.end_ns = std::max(late.end_ns, time_ns);
    ++*late.lost;
    return;
  }
  if (late.lost) {
    add_loss(late);
  }
  late = {cpu, time_ns, time_ns, 1, Kind::late};
}

Arrivals::Span EventSequencer::hole_before(const Cpu& cpu, std::uint64_t now_ns) const {
  const std::uint64_t clean = clean_ns(cpu);
  const std::uint64_t begin = in_capture(less_hold_back(clean));
  return {begin, std::max({begin, clean, now_ns})};
}

void EventSequencer::failed_up_to(Cpu& cpu, std::uint32_t number, std::uint64_t failed,
                                  std::uint64_t end_ns) {
  if (failed <= cpu.failed) {
    return;
  }
  const std::uint64_t lost = failed - cpu.failed;
  cpu.failed = failed;
  count(totals_.lost, lost);
  const Arrivals::Span between = hole_before(cpu, end_ns);
  add_loss({number, between.begin_ns, between.end_ns, lost, Kind::lost});
}

void EventSequencer::join(const record::Tick& tick) {
  for (const wp_tick_cpu& totals : tick.cpus) {
    Cpu& of = cpu(totals.cpu);
    // Those that the rings held then are still to come.
    const std::uint32_t in_rings = static_cast<std::uint32_t>(totals.written) - totals.handed;
    of.arrivals.begin_at(totals.written - std::min<std::uint64_t>(totals.written, in_rings));
    of.failed = totals.failed;
    of.skipped = totals.skipped;
  }
  missed_ = tick.missed;
  missed_then_ = (tick.flags & WP_TICK_MISSED_THEN) != 0;
  begin_ns_ = end_ns_ = last_tick_ns_ = settled_ns_ = joined_ns_ = tick.time_ns;
  tick_number_ = tick.number;
}

void EventSequencer::tick(record::Tick tick) {
  const bool first = ticks_.empty() && totals_.events == 0 && watermark_ == 0 && gaps_ == 0;
  if ((tick.flags & WP_TICK_JOINED) != 0) {
    // Anywhere else it says nothing that the tick that it stands for did not say.
    if (first) {
      join(tick);
    }
    return;
  }
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
      expecting_.push_back(totals.cpu);
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
  held_bytes_ += bytes_of(tick);
  ticks_.push_back(std::move(tick));
  keep_limit();
}

// Between the two readings of the count.
void EventSequencer::count_missed(const record::Tick& tick) {
  const bool then = (tick.flags & WP_TICK_MISSED_THEN) != 0;
  if (tick.missed > missed_) {
    const std::uint64_t missed = tick.missed - missed_;
    missed_ = tick.missed;
    count(totals_.missed, missed);
    const std::uint64_t early =
        std::min(last_tick_ns_, missed_then_ ? std::uint64_t{WP_MISSED_READ_NS} : hold_back_ns_);
    add_loss({std::nullopt, in_capture(last_tick_ns_ - early),
              tick.time_ns + (then ? 0 : hold_back_ns_), missed, Kind::missed});
  }
  missed_then_ = then;
}

// One tick later, because the CPU's next record, if it comes meanwhile, bounds the hole closer.
void EventSequencer::expect_handed() {
  for (const std::uint32_t number : expecting_) {
    Cpu& of = cpu(number);
    if (of.handed) {
      of.arrivals.expect(*of.handed, hole_before(of, of.handed_ns));
      recount(of);
      of.handed.reset();
      if (of.arrivals.holes() != 0) {
        holds(of, number);
      }
    }
  }
  expecting_.clear();
}

// What has arrived stays so: each CPU of a tick is looked at until it has.
bool EventSequencer::oldest_arrived() {
  const auto& cpus = ticks_.front().cpus;
  while (oldest_arrived_ < cpus.size() &&
         cpus_[cpus[oldest_arrived_].cpu].arrivals.next() >= cpus[oldest_arrived_].written) {
    ++oldest_arrived_;
  }
  return oldest_arrived_ == cpus.size();
}

// A CPU's records come in the order of its ring: a record that younger ones have overtaken will not
// come. Otherwise only a long silence says so, because a reader that is behind may still send it.
bool EventSequencer::given_up(const record::Tick& tick, const wp_tick_cpu& totals) const {
  const Cpu& of = cpus_[totals.cpu];
  if (of.arrivals.next() >= totals.written) {
    return true;
  }
  if (of.handed) {
    return false;  // the next tick says which events are missing, and where
  }
  return of.newest_ns >= tick.time_ns + kGivenUpNs ||
         end_ns_ >= std::max(tick.time_ns, of.progress_ns) + kGivenUpNs;
}

bool EventSequencer::given_up(const record::Tick& tick) {
  const auto is_given_up = [&](const wp_tick_cpu& totals) { return given_up(tick, totals); };
  // Most often it is the same CPU again.
  if (waits_for_ < tick.cpus.size() && !is_given_up(tick.cpus[waits_for_])) {
    return false;
  }
  const auto missing = std::ranges::find_if_not(tick.cpus, is_given_up);
  waits_for_ = static_cast<std::size_t>(std::distance(tick.cpus.begin(), missing));
  return missing == tick.cpus.end();
}

void EventSequencer::write_off(const record::Tick& tick, std::uint64_t begin_ns) {
  for (const wp_tick_cpu& totals : tick.cpus) {
    Cpu& of = cpus_[totals.cpu];
    if (of.arrivals.next() < totals.written) {
      const std::uint64_t lost = totals.written - of.arrivals.next();
      of.arrivals.give_up_to(totals.written);
      count(totals_.lost, lost);
      add_loss({totals.cpu, in_capture(begin_ns), tick.time_ns + hold_back_ns_, lost, Kind::lost});
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
  settled_ns_ = std::max(settled_ns_, tick.time_ns);
}

void EventSequencer::mature_ticks() {
  std::uint64_t watermark = watermark_;
  while (!ticks_.empty()) {
    const record::Tick& oldest = ticks_.front();
    if (!counts_void_ && !oldest_arrived()) {
      if (!given_up(oldest)) {
        break;
      }
      write_off(oldest, watermark);
    }
    settle(oldest);
    watermark = std::max(watermark, less_hold_back(oldest.time_ns));
    held_bytes_ -= bytes_of(oldest);
    ticks_.pop_front();
    oldest_arrived_ = waits_for_ = 0;
  }
  release(watermark);
}

void EventSequencer::guest_report(const wp_guest_report& report) {
  // It would be taken for one of a later wake.
  if (report.time_ns >= watermark_) {
    reports_.emplace(report.time_ns, report);
    held_bytes_ += kReportBytes;
    keep_limit();
  }
}

std::uint64_t EventSequencer::held_bytes() const {
  return held_bytes_ + room_bytes_ + more_bytes_ +
         losses_.size() * (sizeof(LossInterval) + 2 * kNode);
}

void EventSequencer::keep_limit() {
  if (held_bytes() <= limit_bytes_) {
    return;
  }
  // To give back what is reserved costs a copy of what is held: it must bring much.
  if (held_bytes() - spare_bytes() <= limit_bytes_ / 2) {
    release_memory();
    if (held_bytes() <= limit_bytes_) {
      return;
    }
  }
  ++totals_.let_go;
  gap(0);
  for (const record::Tick& tick : ticks_) {
    settle(tick);
    held_bytes_ -= bytes_of(tick);
  }
  ticks_.clear();
  oldest_arrived_ = waits_for_ = 0;
  // Numbers and times may be anything here. What comes later and is older counts as late.
  const std::uint64_t end =
      reports_.empty() ? end_ns_ : std::max(end_ns_, reports_.rbegin()->first);
  close_gap(std::min(end, kOpenEnd) + hold_back_ns_);
  tell_losses(UINT64_MAX);
  release(end == UINT64_MAX ? end : end + 1);
}

void EventSequencer::gap(std::uint64_t lost_events) {
  counts_void_ = true;
  ++gaps_;
  count(gap_lost_, lost_events);
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
  count(totals_.lost, gap_lost_);
  count(totals_.damaged, gap_lost_);
  add_loss({std::nullopt, *gap_begin_ns_, std::max(*gap_begin_ns_, end_ns),
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

}  // namespace wakepath::order
