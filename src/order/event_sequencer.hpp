// SPDX-License-Identifier: GPL-2.0-or-later
// Puts the CPUs' streams in time order, and turns counters into intervals of loss.
//
//   batches --> a queue for each CPU, merged on release --> events in order
//          '--> arrivals: numbers that are skipped, that come again, that come late
//   ticks ----> watermark: a tick matures when every event that it counts has arrived;
//               events older than its time less the hold-back are then released
//
// The watermark comes from ticks alone, so an idle CPU holds nothing back, and a replay orders as
// the live run did.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>
#include <vector>

#include "order/arrivals.hpp"
#include "order/cpu_queue.hpp"
#include "record/decoder.hpp"
#include "util/saturated.hpp"
#include "wakepath/event.hpp"

namespace wakepath::order {

// A program that has read the clock may be interrupted before it writes. The hold-back bounds how
// long. An event that comes later still is counted as late and taken as a loss.
inline constexpr std::uint64_t kHoldBackNs =
    WP_HOLD_BACK_UNTOLD_NS;  // unless the stream gives another
inline constexpr std::uint64_t kLongestHoldBackNs = 1'000'000'000;

// The end of a loss that nothing came after.
inline constexpr std::uint64_t kOpenEnd = UINT64_MAX - kLongestHoldBackNs;

// Events of `cpu` that happened inside [begin_ns, end_ns] are not in the stream. The end is the
// time of the event that told the loss. Events that interrupted it may have been lost up to the
// hold-back later.
struct LossInterval {
  enum class Kind : std::uint8_t {
    lost,    // could not be stored
    late,    // came after their time had been told
    missed,  // the program did not run
  };

  std::optional<std::uint32_t> cpu;  // nullopt: any
  std::uint64_t begin_ns{};
  std::uint64_t end_ns{};
  std::optional<std::uint64_t> lost;
  Kind kind{Kind::lost};
};

class SequencedSink {
 public:
  SequencedSink() = default;
  SequencedSink(const SequencedSink&) = delete;
  SequencedSink& operator=(const SequencedSink&) = delete;
  virtual ~SequencedSink() = default;
  // A loss is told before any event at or after its begin.
  virtual void loss(const LossInterval& loss) = 0;
  virtual void event(const Event& event) = 0;
  virtual void guest_report(const wp_guest_report& report) = 0;
  // All that happened before `time_ns` has been told.
  virtual void advanced_to(std::uint64_t time_ns) = 0;
};

struct StreamTotals {
  std::uint64_t events{};
  std::uint64_t lost{};
  std::uint64_t damaged{};  // of these: stored, but unreadable in the dump
  std::uint64_t missed{};
  std::uint64_t late{};
  std::uint64_t skipped{};
  std::uint64_t duplicates{};  // events that came before: left out
  std::uint64_t malformed{};   // batches and ticks that could not be read
  std::uint64_t let_go{};      // times that more had to be held than the limit allows
};

class EventSequencer {
 public:
  explicit EventSequencer(SequencedSink& sink) : sink_(sink) {}

  // As the capture says; before its first tick.
  void hold_back(std::uint64_t ns) { hold_back_ns_ = std::min(ns, kLongestHoldBackNs); }
  // Where more is waiting for its tick than this, it is told at once, and that is a loss: events
  // may be missing from it. Bytes of memory; while it grows it may need three times as much.
  void limit(std::uint64_t bytes) { limit_bytes_ = bytes; }
  // Asked now and then. Once it says yes, a few more events are told, and the rest is a loss.
  void stop_when(std::function<bool()> stopped) { stopped_ = std::move(stopped); }
  // It said yes: what waited may not have been told.
  [[nodiscard]] bool was_stopped() const { return stop_seen_; }
  void batch(const record::Batch& batch);
  void tick(record::Tick tick);
  void guest_report(const wp_guest_report& report);
  // Records are missing here: earlier counts no longer say which events have arrived.
  void gap(std::uint64_t lost_events);
  void malformed() { ++totals_.malformed; }
  // Releases all that is left.
  void finish();

  [[nodiscard]] const StreamTotals& totals() const { return totals_; }
  [[nodiscard]] std::optional<std::uint64_t> begin_ns() const { return begin_ns_; }
  [[nodiscard]] std::uint64_t end_ns() const { return end_ns_; }

 private:
  struct Cpu {
    CpuQueue queue;
    Arrivals arrivals;
    std::optional<std::uint32_t> handed;  // as the last tick says, if that lists it
    std::uint64_t handed_ns{};            // that tick's time
    std::uint64_t failed{};
    std::uint64_t skipped{};
    std::uint64_t newest_ns{};         // its youngest event
    std::uint64_t progress_ns{};       // how far the stream was when it last had something
    std::uint64_t clean_ns{};          // see clean_ns()
    std::uint64_t gaps{};              // before its last record
    std::uint64_t due_ns{UINT64_MAX};  // the oldest that it holds, as due_ has it
    std::uint64_t counted_room{};      // in room_bytes_ and more_bytes_
    std::uint64_t counted_more{};

    [[nodiscard]] std::uint64_t oldest_ns() const {
      return std::min(queue.oldest_ns(), arrivals.oldest_hole_ns());
    }
  };
  // After its queue or its holes have changed.
  void recount(Cpu& cpu) {
    const std::uint64_t room = cpu.queue.room_bytes();
    const std::uint64_t more = cpu.queue.node_bytes() + cpu.arrivals.bytes();
    room_bytes_ += room - cpu.counted_room;
    more_bytes_ += more - cpu.counted_more;
    cpu.counted_room = room;
    cpu.counted_more = more;
  }
  // Of the room for events, what none needs now.
  [[nodiscard]] std::uint64_t spare_bytes() const {
    return room_bytes_ - held_events_ * sizeof(Event);
  }
  static constexpr std::uint64_t kNode = 6 * sizeof(void*);  // of a map, beside its value
  static constexpr std::uint64_t kReportBytes = sizeof(wp_guest_report) + kNode;

  static void count(std::uint64_t& total, std::uint64_t more) {
    total = saturated_sum(total, more);
  }
  Cpu& cpu(std::uint32_t number);
  // The CPU may hold something older than before.
  void holds(Cpu& cpu, std::uint32_t number) {
    if (const std::uint64_t oldest = cpu.oldest_ns(); oldest < cpu.due_ns) {
      cpu.due_ns = oldest;
      due_.push({oldest, number});
    }
  }
  // The CPUs that hold something older than `watermark`, into ready_.
  void find_ready(std::uint64_t watermark);
  [[nodiscard]] std::uint64_t less_hold_back(std::uint64_t time_ns) const {
    return time_ns > hold_back_ns_ ? time_ns - hold_back_ns_ : 0;
  }
  // Nothing is missing from before the capture.
  [[nodiscard]] std::uint64_t in_capture(std::uint64_t time_ns) const {
    return begin_ns_ && !begin_missing_ && *begin_ns_ > time_ns ? *begin_ns_ : time_ns;
  }
  // No loss of this CPU before this is still to be told.
  [[nodiscard]] std::uint64_t clean_ns(const Cpu& cpu) const {
    return std::max(cpu.clean_ns, settled_ns_);
  }
  void add_loss(const LossInterval& loss) {
    losses_.emplace(std::pair(loss.begin_ns, loss.cpu), loss);
  }
  // The time in which a missing record of this CPU lies, if one that is here is of `now_ns`.
  [[nodiscard]] Arrivals::Span hole_before(const Cpu& cpu, std::uint64_t now_ns) const;
  // One event more; `late`: of those before it in its batch.
  void lose_late(LossInterval& late, std::uint32_t cpu, std::uint64_t time_ns);
  // The stream begins in the midst of a capture: nothing that the totals count is missing from it.
  void join(const record::Tick& tick);
  void failed_up_to(Cpu& cpu, std::uint32_t number, std::uint64_t failed, std::uint64_t end_ns);
  // Takes the events that `tick` counts and that have not arrived as lost since `begin_ns`.
  void write_off(const record::Tick& tick, std::uint64_t begin_ns);
  void count_missed(const record::Tick& tick);
  // Events that the reader handed on before an earlier tick and that are not here are a hole.
  void expect_handed();
  // Records that are not here and that may be as old as `watermark` are lost.
  void give_up_holes(std::uint64_t watermark);
  // Tells the failed events that `tick` counts and that no batch has told.
  void settle(const record::Tick& tick);
  // Tells all that is held, if it is too much, as a loss of unknown size.
  void keep_limit();
  [[nodiscard]] std::uint64_t held_bytes() const;
  void release_memory();
  // Somebody asked for an end, and what may be told after that has been told.
  bool is_stopped();
  void leave_out(std::uint64_t events, std::uint64_t begin_ns, std::uint64_t end_ns);
  // An unknown number of events is missing between the last one told and the next tick.
  void open_gap();
  void close_gap(std::uint64_t end_ns);
  [[nodiscard]] bool given_up(const record::Tick& tick);
  [[nodiscard]] bool given_up(const record::Tick& tick, const wp_tick_cpu& totals) const;
  void mature_ticks();
  [[nodiscard]] bool oldest_arrived();
  void tell_losses(std::uint64_t watermark);
  void tell_events(std::uint64_t watermark);
  void release(std::uint64_t watermark);

  SequencedSink& sink_;
  std::vector<Cpu> cpus_;
  using Due = std::pair<std::uint64_t, std::uint32_t>;              // a time, and a CPU
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;  // some are out of date
  std::vector<std::uint32_t> ready_;
  std::vector<std::uint32_t> expecting_;  // CPUs that the last tick lists
  std::deque<record::Tick> ticks_;        // not yet mature
  std::size_t oldest_arrived_{0};         // so many CPUs of the oldest tick have all their events
  std::size_t waits_for_{0};              // the CPU of the oldest tick that was missing last
  std::multimap<std::uint64_t, wp_guest_report> reports_;
  std::multimap<std::pair<std::uint64_t, std::optional<std::uint32_t>>, LossInterval> losses_;
  std::uint64_t limit_bytes_{std::uint64_t{256} << 20U};
  std::uint64_t held_bytes_{0};  // ticks and reports
  std::uint64_t room_bytes_{0};  // for events
  std::uint64_t more_bytes_{0};  // of events out of order, and holes
  std::uint64_t held_events_{0};
  std::function<bool()> stopped_;
  std::uint64_t until_asked_{0};  // so many events are told before stopped_ is asked again
  std::uint64_t told_since_stop_{0};
  bool stop_seen_{false};
  std::uint64_t settled_ns_{0};  // the youngest mature tick's time
  std::uint64_t hold_back_ns_{kHoldBackNs};
  std::uint64_t watermark_{0};
  std::uint64_t last_tick_ns_{0};
  std::uint64_t late_in_batch_{0};
  std::uint32_t tick_number_{0};
  std::uint64_t missed_{0};
  bool missed_then_{false};  // it was read right before last_tick_ns_
  std::optional<std::uint64_t> gap_begin_ns_;
  std::uint64_t gap_lost_{0};
  std::uint64_t gaps_{0};
  bool counts_void_{false};  // after a gap
  std::optional<std::uint64_t> begin_ns_;
  std::uint64_t joined_ns_{0};  // the stream began in the midst of a capture
  bool begin_missing_{false};   // the capture began before its first tick that is here
  std::uint64_t end_ns_{0};
  StreamTotals totals_;
};

}  // namespace wakepath::order
