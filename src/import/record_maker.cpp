// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/record_maker.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "import/missing_events.hpp"
#include "record/event_bytes.hpp"

namespace wakepath::foreign {

namespace {

// A trace is printed in order; what is a little behind is put in its place.
constexpr std::uint64_t kSlackNs = 20'000'000;
// So long an event is held, to learn from what follows whether its thread is a vCPU.
constexpr std::uint64_t kLookAheadNs = 100'000'000;
// And at the begin of a trace that can't be read twice.
constexpr std::uint64_t kFirstLookNs = 500'000'000;
constexpr std::size_t kMostAtBegin = 200'000;
constexpr std::size_t kMostHeld = 1'000'000;  // where a trace has all its events at one time
constexpr std::size_t kMostTimers = 1'000'000;
// How far back the begin of a hidden loss is looked for.
constexpr std::size_t kLongestLook = 20'000;

std::string clock_text(const TraceInfo& info, std::optional<bool> monotonic,
                       const ClockGuess& clock) {
  const std::string name = info.clock_name.empty() ? "its clock" : "its clock, " + info.clock_name;
  constexpr std::string_view kNoExpiry =
      "when a timer was due is not known, and such wakes begin at the timer's interrupt";
  if (monotonic == true) {
    return fmt::format("{}: timers show that it is CLOCK_MONOTONIC", name);
  }
  if (info.clock == TraceClock::local) {
    return fmt::format("{} is one that each CPU has of its own: {}", name, kNoExpiry);
  }
  if (clock.drifts()) {
    return fmt::format("{}: timers show that it drifts against CLOCK_MONOTONIC: {}", name,
                       kNoExpiry);
  }
  if (monotonic == false) {
    return fmt::format("{}: timers show that it is at least {} us off CLOCK_MONOTONIC: {}", name,
                       clock.least_off() / 1000, kNoExpiry);
  }
  return fmt::format("{} can't be held against CLOCK_MONOTONIC, for {} at its begin: {}", name,
                     clock.any() ? "timers leave too much open" : "no timer ran", kNoExpiry);
}

}  // namespace

RecordMaker::RecordMaker(RecordSink& to, NameTable::NameOf name_of)
    : to_(to), names_(std::move(name_of)), kinds_seen_(WP_EVENT_KINDS), foreseen_(WP_EVENT_KINDS) {}

RecordMaker::Cpu& RecordMaker::cpu(std::uint32_t number) {
  if (number >= cpus_.size()) {
    cpus_.resize(number + 1);
  }
  return cpus_[number];
}

void RecordMaker::foresee(std::unique_ptr<const Survey> survey) {
  foreseen_any_ = true;
  all_foreseen_ = survey->complete();
  for (unsigned kind = 0; kind < WP_EVENT_KINDS; ++kind) {
    foreseen_[kind] = survey->saw(static_cast<wp_event_kind>(kind));
  }
  contradictions_.foresee(survey->contradictions(), all_foreseen_);
  guess_.foresee(std::move(survey));
}

Result<void> RecordMaker::about(const TraceInfo& info) {
  info_ = info;
  clock_.resolution(info.resolution_ns);
  contradictions_.resolution(info.resolution_ns);
  // Calls are no events, and a capture counts what it loses.
  judges_hidden_ = !info.form.starts_with("function_graph") && info.form != "tracefs";
  perf_ = info.form.starts_with("perf");
  if (perf_) {
    contradictions_.events_end_one_by_one();
  }
  if (info.clock == TraceClock::local) {
    contradictions_.clocks_differ();
  }
  if (info.overwritten != 0) {
    frontiers_.begin_lost(info.cpus.value_or(WP_MAX_CPUS));
  }
  return {};
}

// Which threads are vCPUs is learnt at the begin most of all.
bool RecordMaker::holds_the_begin() const {
  return !begun_ && !foreseen_any_ && held_.size() < kMostAtBegin && !held_.empty() &&
         taken_ns_ - held_.front().event.time_ns < kFirstLookNs;
}

Result<void> RecordMaker::event(const TraceEvent& event) {
  const bool is_kind = event.kind > WP_EVENT_NONE && event.kind < WP_EVENT_KINDS;
  if (event.cpu >= WP_MAX_CPUS || (!is_kind && event.cancelled == 0)) {
    return {};
  }
  fill_in(event, arrived_.emplace_back());
  if (!is_kind) {
    return {};
  }
  ++events_;
  newest_ns_ = std::max(newest_ns_, event.time_ns);
  if (!says_seen_ && (newest_ns_ > taken_ns_ + kSlackNs + kStepNs || arrived_.size() > kMostHeld)) {
    const bool flood = arrived_.size() > kMostHeld;
    take_in_order(flood ? newest_ns_ + 1 : newest_ns_ - kSlackNs);
    if (!flood && holds_the_begin()) {
      return {};
    }
    return release(flood ? last_ns_ + 1 : taken_ns_ - std::min(taken_ns_, kLookAheadNs));
  }
  return {};
}

Result<void> RecordMaker::lost(const TraceLoss& loss) {
  some_uncounted_ = some_uncounted_ || !loss.events;
  const std::uint64_t count = std::max<std::uint64_t>(loss.events.value_or(1), 1);
  lost_ += count;
  if (loss.cpu) {
    if (*loss.cpu < WP_MAX_CPUS) {
      Cpu& of = cpu(*loss.cpu);
      of.lost_before_next += count;
      if (!of.seen) {
        frontiers_.lost(*loss.cpu, released_ns_);
      }
    }
    return {};
  }
  // Whose they were is not known: each CPU may have lost one.
  for (Cpu& any : cpus_) {
    any.lost_before_next += &any == &cpus_.front() ? count : 1;
  }
  return {};
}

Result<void> RecordMaker::seen_until(std::uint64_t time_ns) {
  says_seen_ = true;
  frontiers_.never_wait();
  take_in_order(time_ns);
  return release(taken_ns_ - std::min(taken_ns_, kLookAheadNs));
}

void RecordMaker::take_in_order(std::uint64_t before_ns) {
  const auto earlier = [](const Held& a, const Held& b) {
    return a.event.time_ns < b.event.time_ns;
  };
  const auto later = std::stable_partition(
      arrived_.begin(), arrived_.end(),
      [before_ns](const Held& held) { return held.event.time_ns < before_ns; });
  std::stable_sort(arrived_.begin(), later, earlier);
  for (auto at = arrived_.begin(); at != later; ++at) {
    in_order(*at);
  }
  arrived_.erase(arrived_.begin(), later);
  taken_ns_ = std::max(taken_ns_, before_ns);
}

void RecordMaker::in_order(const Held& arrived) {
  if (arrived.cancelled != 0) {
    return judge_cancel(arrived);
  }
  Held held = arrived;
  Event& event = held.event;
  Cpu& on = cpus_[event.cpu];
  if (event.time_ns + std::max<std::uint64_t>(info_.resolution_ns, kHoldBackNs) < told_ns_) {
    on.late += held.lost_before + 1;  // it has no place any more
    return;
  }
  held.lost_before += std::exchange(on.late, 0);
  told_ns_ = std::max(told_ns_, event.time_ns);
  // Those that a trace prints with one time came in its order.
  event.time_ns = std::max(event.time_ns, last_ns_ + 1);
  last_ns_ = event.time_ns;
  if (!kinds_seen_[event.kind]) {
    kinds_seen_[event.kind] = true;
    facts_.emplace_back(EventFact{true, event_name(event.kind), {}});
  }
  clock_.event(event, held.now_ns);
  const wp_hrtimer_start& start = event.payload.hrtimer_start;
  if (event.kind == WP_EVENT_HRTIMER_START) {
    if (armed_.size() < kMostTimers || armed_.contains(start.timer)) {
      armed_[start.timer] = {start.softexpires, event.time_ns};
    }
  } else if (event.kind == WP_EVENT_HRTIMER_EXPIRE_ENTRY) {
    wp_hrtimer_expire& expire = event.payload.hrtimer;
    const auto armed = armed_.find(expire.timer);
    const bool comparable =
        held.now_ns != 0 &&
        ClockGuess::is_timers_clock(static_cast<std::int64_t>(event.time_ns - held.now_ns));
    expire.softexpires = comparable && armed != armed_.end() ? armed->second.softexpires : 0;
    if (armed != armed_.end()) {
      held.armed_ns = armed->second.at_ns;
      armed_.erase(armed);
    }
  }
  many_cpus_ = many_cpus_ || (only_cpu_ && *only_cpu_ != event.cpu);
  only_cpu_ = event.cpu;
  held_.push_back(held);
  order_on_its_cpu(held_.back());
  guess_.event(held_);
}

std::optional<std::uint64_t> RecordMaker::missing_since(const Held& held) {
  if (!judges_hidden_ || (perf_ && !foreseen_any_)) {
    return {};
  }
  const auto since = contradictions_.event(
      held.event,
      {held.x86, held.guest_pc, held.now_ns, held.open_ns, held.was_armed, held.cancelled});
  if (since && contradictions_.may_be_elsewhere()) {
    for (std::uint32_t other = 0; other < cpus_.size(); ++other) {
      if (other != held.event.cpu) {
        missing_before_next(other, *since);
      }
    }
  }
  return since;
}

void RecordMaker::missing_before_next(std::uint32_t number, std::uint64_t since_ns) {
  Cpu& on = cpus_[number];
  on.missing_since = std::min(on.missing_since.value_or(since_ns), since_ns);
}

// What is no event of the stream tells where events are missing, too.
void RecordMaker::judge_cancel(const Held& cancel) {
  Held held = cancel;
  held.event.time_ns = std::max(held.event.time_ns, last_ns_);
  const auto since = missing_since(held);
  if (since && held.event.cpu < cpus_.size()) {
    missing_before_next(held.event.cpu, *since);
    ++hidden_losses_;
  }
}

// A loss that an event tells begins after the last event that it does not contradict.
void RecordMaker::order_on_its_cpu(Held& held) {
  if (held.lost_before != 0) {
    contradictions_.lost(held.event.cpu);
  }
  auto since = missing_since(held);
  hidden_losses_ += since ? 1U : 0U;
  if (const auto aside = std::exchange(cpus_[held.event.cpu].missing_since, std::nullopt)) {
    since = std::min(since.value_or(*aside), *aside);
  }
  held.ends_loss = held.lost_before != 0 || since;
  if (!since) {
    return frontiers_.ordered(held);
  }
  some_uncounted_ = true;
  std::vector<Held*> between;
  std::size_t steps = 0;
  for (auto at = std::next(held_.rbegin());
       at != held_.rend() && at->event.time_ns > *since && ++steps < kLongestLook; ++at) {
    if (at->event.cpu == held.event.cpu && !at->written) {
      between.push_back(&*at);
    }
  }
  std::ranges::reverse(between);
  Held& first = between.empty() ? held : *between.front();
  ++first.lost_before;
  frontiers_.ordered(held, std::move(between), *since);
}

Result<void> RecordMaker::begin() {
  const auto guessed = clock_.monotonic();
  monotonic_ = info_.clock != TraceClock::none && info_.clock != TraceClock::local &&
               (info_.clock == TraceClock::monotonic || guessed == true);
  WAKEPATH_CHECK(write_header());
  WAKEPATH_CHECK(say_limits(guessed));
  if (!all_foreseen_) {
    return {};
  }
  std::ranges::move(missing_event_facts(foreseen_), std::back_inserter(facts_));
  return say_missing(foreseen_);
}

Result<void> RecordMaker::write_header() {
  const std::string arch = !info_.arch.empty() ? info_.arch
                           : guess_.x86()      ? "x86_64"
                           : guess_.arm64()    ? "aarch64"
                                               : "";
  const std::uint64_t cpus = std::max<std::uint64_t>(info_.cpus.value_or(0), cpus_.size());
  ticks_.add_cpus(static_cast<std::uint32_t>(std::min<std::uint64_t>(cpus, WP_MAX_CPUS)));
  std::vector<Fact> facts;
  facts.emplace_back(HostFact{cpus, 0, 0, 0, info_.release, arch, {}, {}});
  facts.emplace_back(TraceFact{info_.resolution_ns, info_.clock == TraceClock::none, info_.form,
                               monotonic_ ? "CLOCK_MONOTONIC" : info_.clock_name});
  facts.emplace_back(CaptureFact{0, 0, kHoldBackNs, 0});
  return write_facts(std::move(facts));
}

Result<void> RecordMaker::say_limits(std::optional<bool> monotonic) {
  const std::string of = "this is " + info_.form;
  if (info_.clock == TraceClock::none) {
    return say(of + ", without times: the order of events is known, no latency is");
  }
  Result<void> said;
  if (info_.resolution_ns > 1) {
    said = say(
        fmt::format("{}: its times, and each stage, are right to {} ns", of, info_.resolution_ns));
  }
  if (said && info_.clock != TraceClock::monotonic) {
    said = say(clock_text(info_, info_.clock == TraceClock::local ? false : monotonic, clock_));
  }
  return said;
}

// At the begin, where it is known then; a pipe's is known at its end.
Result<void> RecordMaker::say_missing(const std::vector<bool>& kinds) {
  for (const std::string& line : missing_events(kinds, info_.form)) {
    WAKEPATH_CHECK(say(line));
  }
  return {};
}

Result<void> RecordMaker::write_facts(std::vector<Fact> facts) {
  Result<void> done;
  for (auto fact = facts.begin(); done && fact != facts.end(); ++fact) {
    done = to_.record(*RecordView::at(encode(*fact)));
  }
  return done;
}

Result<void> RecordMaker::say(const std::string& text) {
  return write_facts({NoticeFact{WP_ADVICE_OTHER, 0, text}});
}

}  // namespace wakepath::foreign
