// SPDX-License-Identifier: GPL-2.0-or-later
// What each vCPU's thread did beside wakes, so that a table names a vCPU that never sleeps and does
// not just lack it. Stands before the reconstruction and hands everything on.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "order/event_sequencer.hpp"
#include "reconstruct/fact_store.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::analysis {

class VcpuActivity final : public order::SequencedSink {
 public:
  // Both must outlive this.
  VcpuActivity(const reconstruct::FactStore& facts, order::SequencedSink& next)
      : facts_(facts), next_(next) {}

  void begin(std::uint64_t begin_ns) { begin_ns_ = now_ns_ = taken_ns_ = begin_ns; }
  // A fact has named it: it may be awake and have no event for long.
  void named(std::uint32_t tid, std::uint64_t since_ns, std::uint32_t state);
  void loss(const order::LossInterval& loss) override;
  void event(const Event& event) override;
  void guest_report(const wp_guest_report& report) override { next_.guest_report(report); }
  void advanced_to(std::uint64_t time_ns) override;
  void delivery(const Delivery& delivery);

  // The vCPUs that were awake since the last call and did not sleep; by VM, vCPU, thread.
  std::vector<QuietVcpu> take_interval();
  // The vCPUs that were not woken from a sleep since the capture began, or hardly ever, because
  // they poll.
  std::vector<QuietVcpu> quiet();

 private:
  enum class State : std::uint8_t { unknown, on_cpu, waiting, asleep, away };
  struct Counts {
    bool slept{false};  // fell asleep inside KVM_RUN, or was woken there
    std::uint64_t observed_ns{}, on_cpu_ns{}, waiting_ns{}, away_ns{};
    std::uint64_t sleeps{};    // of these, how often that was seen
    std::uint64_t switches{};  // how often it left its CPU
    std::uint64_t polls{}, deliveries{};
  };
  struct Track {
    State state{State::unknown};
    std::uint64_t since_ns{};
    std::optional<std::uint32_t> cpu;  // where it was seen last
    std::uint64_t named_ns{};          // a time at which the thread was this vCPU's
    bool active{false};                // it stands in active_
    bool had_event{false};             // in this interval
    Counts total;
    Counts interval;
  };
  struct Key {
    std::uint32_t tid{}, vm{}, index{};
    auto operator<=>(const Key&) const = default;
  };

  using Judged = std::vector<std::pair<Key, Track*>>;

  Track* find(std::uint32_t tid, std::uint64_t at_ns);
  // In this interval there is something to be said of it.
  void activate(const Key& key, Track& track);
  Track fresh(const reconstruct::VcpuThread& fact) const;
  static void settle(Track& track, std::uint64_t now_ns);
  static void enter(Track& track, State state, std::uint64_t now_ns);
  template <typename Change>
  static void count(Track& track, Change change) {
    change(track.total);
    change(track.interval);
  }
  void switched(const Event& event);
  void add_named();
  void add_awake();
  // What a claim of `quiet` would lack.
  [[nodiscard]] static QuietVcpu::Lack lack_of(const QuietVcpu& quiet, bool sees_switches);
  // The judgement of each over `counts`, by VM, vCPU, thread.
  std::vector<QuietVcpu> judge(const Judged& tracks, Counts Track::*counts, bool lossy);

  const reconstruct::FactStore& facts_;
  order::SequencedSink& next_;
  std::map<Key, Track> tracks_;
  std::pair<const Key, Track>* last_{nullptr};  // that was found: one vCPU has many events in a row
  // What the intervals tell costs by what happened in them, not by what there is.
  Judged active_;
  std::multimap<std::uint64_t, std::uint32_t> awake_;  // by fact, from then on; threads
  // A vCPU that is awake and has no event is told in so many more intervals. A recording of a few
  // bytes must not make millions of lines; events bring more.
  static constexpr std::uint64_t kMostSilent = 1'000'000;
  std::uint64_t silent_left_{kMostSilent};
  std::uint64_t taken_ns_{0};  // where the last interval ended
  std::uint64_t begin_ns_{0};
  std::uint64_t now_ns_{0};
  bool lossy_{false};
  bool interval_lossy_{false};
};

}  // namespace wakepath::analysis
