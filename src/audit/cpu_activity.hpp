// SPDX-License-Identifier: GPL-2.0-or-later
// What ran on each CPU, how often and how long, and which wakes it delayed.
//
// A moment is counted to the innermost thing that has the CPU then: to a timer's callback, not to
// the interrupt around it; to a work item, not to its kworker. After a loss nothing has the CPU
// until an event says what does.
#pragma once

#include <bitset>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "analysis/stream_observer.hpp"
#include "audit/lost_time.hpp"
#include "audit/observed.hpp"
#include "reconstruct/cpu_context.hpp"
#include "reconstruct/forget_times.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::audit {

class CpuActivity final : public analysis::StreamObserver {
 public:
  void begin(const reconstruct::FactStore& facts) override { facts_ = &facts; }
  void loss(const order::LossInterval& loss) override;
  void event(const Event& event) override;
  // Its blame says what took time from it.
  void wake(const WakeChain& chain) override;

  // `summary` is the pipeline's, which must still be there.
  [[nodiscard]] Observed observed(const Summary& summary) const;

  // For a watch: what came since the look before, and since the begin. Without the wakes' blame,
  // which a summary has.
  struct Look {
    Observed lately, so_far;
  };
  Look look();

 private:
  struct Key {
    Ran::Kind kind{};
    std::uint32_t number{};    // irq, ipi's reason, softirq's vector, tid
    std::uint64_t function{};  // of a timer or work item; irq: its action
    auto operator<=>(const Key&) const = default;
  };
  // The interrupt or the task that queued a work item.
  struct Asker {
    std::uint32_t cpu{};
    std::uint32_t tid{};
    std::optional<std::uint32_t> irq;
    bool interrupt{false};
  };
  struct Counted {
    std::uint64_t count{}, ns{}, longest_ns{};
    std::uint64_t run_ns{};               // since it began last
    std::optional<std::uint32_t> by_irq;  // softirq
    std::optional<Asker> by;              // work
    std::uint32_t worker{};
  };
  struct Activity {
    std::map<Key, Counted> ran;
    std::uint64_t unknown_ns{};
  };
  struct Work {
    std::uint64_t function{};
    std::uint32_t tid{};
    std::uint64_t begin_ns{};
    std::uint64_t end_ns{};
  };
  struct Cpu {
    explicit Cpu(std::uint32_t number) : context(number) {}
    reconstruct::CpuContext context;
    reconstruct::LossTimes::Cpu losses;
    LostTime lost;
    std::optional<Key> current;  // nullopt: idle, or not known
    bool known{false};
    std::optional<std::uint64_t> since_ns;
    Activity lately;                                   // since the last look
    Counted* counted{nullptr};                         // there, of `current`; null: it has none
    std::uint32_t placed{0};                           // a vCPU's thread that is known to be here
    Activity earlier;                                  // before it
    std::map<std::uint32_t, std::uint32_t> raised_by;  // softirq: irq
    std::deque<Work> works;                            // the items that ended last
  };
  struct ThreadName {
    std::string comm;
    bool kernel{false};
  };
  struct DelayKey {
    std::uint32_t cpu{};
    BlameKind kind{};
    std::uint32_t tid{};       // of a task
    std::uint64_t function{};  // of the work item that it executed; 0: none
    std::string what;          // of others
    auto operator<=>(const DelayKey&) const = default;
  };
  struct Delay {
    std::uint64_t wakes{}, ns{}, longest_ns{};
  };
  using Delays = std::map<DelayKey, Delay>;
  // Of a span of time.
  struct Span {
    std::uint64_t begin_ns{};
    std::uint64_t wakes{}, lost{}, missed{};
    Delays delays;
  };

  Cpu& cpu(std::uint32_t number);
  void settle(Cpu& on, std::uint64_t now_ns);
  void enter(Cpu& on);
  void update(Cpu& on, const Event& event);
  Counted* begin(Cpu& on, const Key& key);
  void queue(Cpu& on, const Event& event);
  void work(Cpu& on, const Event& event);
  void switched(Cpu& on, const Event& event);
  void was_on(Cpu& on, std::uint32_t tid, const Event& event);
  void softirq(Cpu& on, const Event& event);
  [[nodiscard]] std::uint64_t worked_on(std::uint32_t tid, const Stage& stage) const;
  [[nodiscard]] Ran describe(const Key& key, const Counted& counted) const;
  [[nodiscard]] std::string thread_text(std::uint32_t tid) const;
  [[nodiscard]] std::string asker_text(const Asker& by) const;
  [[nodiscard]] Observed told(const Activity& (*of)(const Cpu& on, Activity& room),
                              const Delays& delays) const;
  static void add_delay(const Delays& delays, std::uint32_t cpu, const Key& key, Ran& ran);
  [[nodiscard]] static bool add(const Activity& from, Activity& to, std::size_t most = SIZE_MAX);
  [[nodiscard]] static bool add(const Delays& from, Delays& to, std::size_t most = SIZE_MAX);
  static const Activity& sum_of(const Cpu& on, Activity& room);
  [[nodiscard]] Delays sum_of_delays() const;
  [[nodiscard]] ObservedTotals totals_of(const Span& span) const;
  void begin_next_look();

  const reconstruct::FactStore* facts_{};
  std::deque<Cpu> cpus_;
  SeededMap<std::uint32_t, ThreadName> threads_;
  SeededMap<std::uint32_t, Work> working_;                  // by tid; the end is open
  SeededMap<std::uint64_t, Asker> queued_;                  // by work item
  std::map<std::uint32_t, std::set<std::uint32_t>> vcpus_;  // tid: its CPUs
  Span all_;     // its delays: those before the last look
  Span lately_;  // since then
  bool began_{false};
  reconstruct::LossTimes loss_times_;
  LostTime lost_;                // where the CPU is not known
  std::size_t kinds_kept_{0};    // since the last look
  std::size_t earlier_kept_{0};  // before it
  std::size_t places_kept_{0};
  std::uint64_t now_ns_{0};
  // A stream may hold anything, so whatever could grow without end has a bound.
  static constexpr std::size_t kMostKinds = 4096;  // of things that ran, by CPU
  static constexpr std::size_t kMostKindsInAll = 262'144;
  static constexpr std::size_t kMostDelays = 65'536;
  static constexpr std::size_t kKinds = 256;
  std::bitset<kKinds> kinds_;  // of the events that came
  bool cut_{false};
};

}  // namespace wakepath::audit
