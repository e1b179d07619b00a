// SPDX-License-Identifier: GPL-2.0-or-later
// Makes wakepath's records of what a foreign trace tells: puts its events in order, gives numbers
// to names, finds out which threads are vCPUs and whether timers' expiries can be compared with its
// times, and says what can't be known. The same events give the same records on every machine.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "import/clock_guess.hpp"
#include "import/contradictions.hpp"
#include "import/cpu_frontiers.hpp"
#include "import/first_names.hpp"
#include "import/name_table.hpp"
#include "import/survey.hpp"
#include "import/trace_event.hpp"
#include "import/vcpu_guess.hpp"
#include "record/batch_joiner.hpp"
#include "record/tick_writer.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/record.hpp"

namespace wakepath::foreign {

class RecordMaker final : public TraceSink {
 public:
  // `to` must outlive this. `name_of` names kernel addresses where the trace does not.
  explicit RecordMaker(RecordSink& to, NameTable::NameOf name_of = {});

  // What a look over the trace found: before its first event.
  void foresee(std::unique_ptr<const Survey> survey);

  // For no longer than this a CPU that is silent is waited for: what it says next may be a loss.
  // Otherwise only the memory for what is held meanwhile is a limit.
  void wait_at_most(std::uint64_t ns) { patience_ns_ = ns; }

  Result<void> about(const TraceInfo& info) override;
  Result<void> event(const TraceEvent& event) override;
  Result<void> lost(const TraceLoss& loss) override;

  // All events older than `time_ns`, of all CPUs, have been handed in. Where the trace is in order
  // as it comes, its events say so by themselves.
  Result<void> seen_until(std::uint64_t time_ns);
  // Nothing follows.
  Result<void> finish();

  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::size_t vcpus() const { return guess_.vcpus(); }

 private:
  struct Cpu {
    std::uint64_t written{}, failed{};
    bool seen{};     // it has had an event
    bool in_loss{};  // the last one written is in the time of a loss that a later one ends
    std::uint64_t lost_before_next{};
    std::uint64_t late{};                             // handed in after their time was written
    std::optional<std::uint64_t> missing_since{};     // as what stands before its next event tells
    SeededMap<std::uint32_t, std::uint64_t> actions;  // by IRQ, the last that was entered
    record::BatchJoiner batch;
  };

  struct Armed {
    std::int64_t softexpires{};
    std::uint64_t at_ns{};
  };
  static constexpr std::uint64_t kHoldBackNs = 1000;  // the records are in order
  static constexpr std::uint64_t kStepNs = 20'000'000;

  Cpu& cpu(std::uint32_t number);
  void fill_in(const TraceEvent& from, Held& held);
  [[nodiscard]] bool holds_the_begin() const;
  void take_in_order(std::uint64_t before_ns);
  void in_order(const Held& arrived);
  void order_on_its_cpu(Held& held);
  std::optional<std::uint64_t> missing_since(const Held& held);
  void judge_cancel(const Held& cancel);
  void missing_before_next(std::uint32_t number, std::uint64_t since_ns);
  // Writes the events older than `ready_ns`, or those of them up to which all losses are known.
  Result<void> release(std::uint64_t ready_ns);
  Result<void> write_held(std::uint64_t before_ns);
  Result<void> write_what_tells_a_loss(std::uint32_t cpu);
  Result<void> write_rest();
  Result<void> begin();
  Result<void> write_header();
  Result<void> say_limits(std::optional<bool> monotonic);
  Result<void> say_missing(const std::vector<bool>& kinds);
  Result<void> say_uncounted();
  Result<void> say_what_is_missing();
  Result<void> write(Held& held);
  Result<void> write_facts(std::vector<Fact> facts);
  Result<void> say(const std::string& text);
  Result<void> tick(std::uint64_t time_ns, std::uint32_t flags);

  RecordSink& to_;
  NameTable names_;
  FirstNames first_names_;
  VcpuGuess guess_;
  ClockGuess clock_;
  TraceInfo info_;
  std::vector<Cpu> cpus_;
  CpuFrontiers frontiers_;
  Contradictions contradictions_;
  std::vector<Held> arrived_;              // in the trace's order
  std::deque<Held> held_;                  // in time order
  SeededMap<std::uint64_t, Armed> armed_;  // each hrtimer
  std::vector<bool> kinds_seen_, foreseen_;
  std::vector<Fact> facts_;  // to be written before what is held
  record::TickWriter ticks_{0};
  std::vector<std::byte> bytes_;
  std::uint64_t newest_ns_{0};
  std::uint64_t taken_ns_{0};       // up to which arrived_ has been put in order
  std::uint64_t told_ns_{0};        // of the last event in order, as the trace has it
  std::uint64_t last_ns_{0};        // and as it is written
  std::uint64_t released_ns_{0};    // of the last event written
  std::uint64_t ready_ns_{0};       // before this, what follows changes no event
  std::uint64_t lost_until_ns_{0};  // the end of the last loss that has been written
  std::optional<std::uint64_t> patience_ns_;
  std::uint64_t events_{0};
  std::uint64_t lost_{0};  // at least
  std::uint64_t hidden_losses_{0};
  bool judges_hidden_{false};
  bool perf_{false};  // it begins and ends recording one event and one CPU after the other
  bool begun_{false};
  bool monotonic_{false};
  bool says_seen_{false};  // the caller tells what has been seen
  bool some_uncounted_{false};
  bool uncounted_said_{false};
  bool foreseen_any_{false};               // the trace was looked at before
  bool all_foreseen_{false};               // foreseen_ is what the whole trace has
  std::optional<std::uint32_t> only_cpu_;  // of all events so far
  bool many_cpus_{false};
  bool ended_{false};
};

}  // namespace wakepath::foreign
