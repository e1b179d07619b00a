// SPDX-License-Identifier: GPL-2.0-or-later
// The second half of RecordMaker: when what is held is written, and in which order. That is the
// order of time, but for the first event after a loss: it comes right after its CPU's event before,
// so that no tick between the two says that nothing was lost.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "import/record_maker.hpp"
#include "record/event_bytes.hpp"

namespace wakepath::foreign {

namespace {

constexpr std::size_t kMostWaiting = 1'000'000;  // events, while a CPU is silent
constexpr std::uint64_t kAllTime = std::numeric_limits<std::uint64_t>::max();

}  // namespace

Result<void> RecordMaker::release(std::uint64_t ready_ns) {
  ready_ns_ = std::max(ready_ns_, ready_ns);
  for (;;) {
    const std::uint64_t known = frontiers_.known_until(ready_ns_);
    if (!held_.empty() && held_.front().event.time_ns < known) {
      WAKEPATH_CHECK(write_held(known));
      WAKEPATH_CHECK(tick(std::max(known, released_ns_ + 1), 0));
    }
    const bool waits_long =
        !held_.empty() && patience_ns_ && held_.front().event.time_ns + *patience_ns_ < ready_ns_;
    if ((held_.size() <= kMostWaiting && !waits_long) || !frontiers_.give_up_furthest(ready_ns_)) {
      return {};
    }
  }
}

Result<void> RecordMaker::write_held(std::uint64_t before_ns) {
  const bool first = !std::exchange(begun_, true);
  if (first) {
    WAKEPATH_CHECK(begin());
  }
  for (auto held = held_.begin(); held != held_.end() && held->event.time_ns < before_ns; ++held) {
    if (!held->written) {
      guess_.settle(*held);
    }
  }
  std::ranges::move(names_.take_facts(), std::back_inserter(facts_));
  std::ranges::move(guess_.take_facts(), std::back_inserter(facts_));
  WAKEPATH_CHECK(write_facts(std::exchange(facts_, {})));
  if (first) {
    WAKEPATH_CHECK(ticks_.write_first(held_.front().event.time_ns, to_));
  }
  for (std::uint32_t number = 0; number < cpus_.size(); ++number) {
    WAKEPATH_CHECK(write_what_tells_a_loss(number));
  }
  while (!held_.empty() && held_.front().event.time_ns < before_ns) {
    Held& next = held_.front();
    if (!next.written) {
      released_ns_ = next.event.time_ns;
      WAKEPATH_CHECK(write(next));
      WAKEPATH_CHECK(write_what_tells_a_loss(next.event.cpu));
    }
    held_.pop_front();
  }
  return {};
}

Result<void> RecordMaker::write_what_tells_a_loss(std::uint32_t cpu) {
  while (Held* const next = frontiers_.lossy_next(cpu, ready_ns_)) {
    guess_.settle(*next);
    WAKEPATH_CHECK(write_facts(guess_.take_facts()));
    WAKEPATH_CHECK(write(*next));
  }
  if (ended_ && cpus_[cpu].lost_before_next != 0 && frontiers_.all_written(cpu)) {
    lost_until_ns_ = kAllTime;
  }
  return {};
}

Result<void> RecordMaker::write(Held& held) {
  Event& event = held.event;
  if (event.kind == WP_EVENT_WAKEUP && !kinds_seen_[WP_EVENT_WAKING] &&
      !foreseen_[WP_EVENT_WAKING]) {
    event.kind = WP_EVENT_WAKING;
  }
  Cpu& on = cpus_[event.cpu];
  if (held.lost_before != 0) {
    WAKEPATH_CHECK(say_uncounted());
    on.failed += held.lost_before;
  }
  if (held.lost_before != 0 || held.ends_loss) {
    lost_until_ns_ = std::max(lost_until_ns_, event.time_ns);
  }
  on.batch.keep_together(on.in_loss || held.lost_before != 0);
  on.in_loss = (on.in_loss || held.lost_before != 0) && !held.ends_loss;
  held.written = true;
  frontiers_.written(event.cpu);
  bytes_.clear();
  record::append_event(event, bytes_);
  // A timer may have been armed again in the time of a loss, on any CPU.
  if (event.kind == WP_EVENT_HRTIMER_EXPIRE_ENTRY &&
      (!monotonic_ || lost_until_ns_ > held.armed_ns)) {
    constexpr std::size_t kAt = sizeof(wp_event) + offsetof(wp_hrtimer_expire, softexpires);
    std::fill_n(bytes_.begin() + kAt, sizeof(wp_hrtimer_expire::softexpires), std::byte{});
  }
  const wp_batch head{{WP_RECORD_BATCH, 1, 0}, event.cpu, 0, on.failed};
  WAKEPATH_CHECK(on.batch.add(head, bytes_, on.written++, to_));
  // The loss ends with the last event of the batch that tells it.
  return held.ends_loss ? on.batch.flush(to_) : Result<void>{};
}

Result<void> RecordMaker::tick(std::uint64_t time_ns, std::uint32_t flags) {
  for (Cpu& of : cpus_) {
    WAKEPATH_CHECK(of.batch.flush(to_));
  }
  ticks_.add_cpus(static_cast<std::uint32_t>(cpus_.size()));
  const auto totals = [this](std::uint32_t number) {
    const Cpu none;
    const Cpu& of = number < cpus_.size() ? cpus_[number] : none;
    return wp_tick_cpu{number, static_cast<std::uint32_t>(of.written), of.written, of.failed, 0};
  };
  return ticks_.write(time_ns, 0, totals, flags, to_);
}

// Up to the last event of a CPU that lost some at its end as in the middle; the rest at once.
Result<void> RecordMaker::write_rest() {
  std::vector<bool> lossy(cpus_.size());
  for (std::size_t number = 0; number < cpus_.size(); ++number) {
    Cpu& of = cpus_[number];
    of.lost_before_next += std::exchange(of.late, 0);
    lossy[number] = of.lost_before_next != 0;
  }
  ended_ = true;
  ready_ns_ = kAllTime;
  frontiers_.ends(lossy);
  const std::uint64_t known = frontiers_.known_until(kAllTime);
  while (!held_.empty() && held_.front().event.time_ns < known) {
    const std::uint64_t until =
        std::min({known, held_.front().event.time_ns + kStepNs, last_ns_ + 1});
    WAKEPATH_CHECK(write_held(until));
    WAKEPATH_CHECK(tick(std::max(until, released_ns_ + 1), 0));
  }
  if (!held_.empty()) {
    WAKEPATH_CHECK(write_held(kAllTime));
  }
  for (Cpu& of : cpus_) {
    of.failed += std::exchange(of.lost_before_next, 0);
  }
  return {};
}

Result<void> RecordMaker::finish() {
  take_in_order(kAllTime);
  if (held_.empty() && !begun_) {
    if (info_.form.empty()) {
      return {};
    }
    WAKEPATH_CHECK(write_header());
    const std::string lost = lost_ == 0 ? ""
                                        : fmt::format(", and says that it lost {}{}", lost_,
                                                      some_uncounted_ ? " or more" : "");
    return say("the trace has no event that wakepath uses" + lost);
  }
  WAKEPATH_CHECK(write_rest());
  WAKEPATH_CHECK(say_what_is_missing());
  return tick(released_ns_ + kHoldBackNs + 1, WP_TICK_ALL | WP_TICK_LAST);
}

// Before the first loss that may be one of these.
Result<void> RecordMaker::say_uncounted() {
  if (!some_uncounted_ || std::exchange(uncounted_said_, true)) {
    return {};
  }
  return write_facts({NoticeFact{WP_ADVICE_LOSS_UNCOUNTED, 0,
                                 "the trace does not say how many events it lost: each gap counts "
                                 "as one"}});
}

Result<void> RecordMaker::say_what_is_missing() {
  WAKEPATH_CHECK(say_uncounted());
  if (!all_foreseen_) {
    WAKEPATH_CHECK(say_missing(kinds_seen_));
  }
  if (only_cpu_ && !many_cpus_ && guess_.unwoken() != 0) {
    WAKEPATH_CHECK(say(fmt::format(
        "all events are of CPU {0}: what other CPUs did to wake a vCPU is not known; read the "
        "whole trace, not per_cpu/cpu{0} alone",
        *only_cpu_)));
  }
  if (hidden_losses_ != 0) {
    WAKEPATH_CHECK(say(fmt::format(
        "events are missing at {} place{} without the trace saying so: what comes next there "
        "contradicts what was before",
        hidden_losses_, hidden_losses_ == 1 ? "" : "s")));
  }
  if (const std::uint64_t late = frontiers_.told_too_late(); late != 0) {
    return say(
        fmt::format("{} loss{} told by a CPU that had been silent for long: wakes of that "
                    "time that were handed on before may be touched",
                    late, late == 1 ? " was" : "es were"));
  }
  return {};
}

}  // namespace wakepath::foreign
