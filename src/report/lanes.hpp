// SPDX-License-Identifier: GPL-2.0-or-later
// What had each CPU around a wake: interrupts, softirqs, timers, work items, tasks, the guest,
// idle.
//
// A wake turns out to be one of the worst when it is over and told, so what each CPU did in the
// last while is kept: spans of time, each with the innermost thing that had the CPU. The input is
// read once, and may come from a pipe. Where more happened than is kept, the lanes say from when on
// they are known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/stream_observer.hpp"
#include "reconstruct/cpu_context.hpp"
#include "reconstruct/forget_times.hpp"
#include "util/seeded_hash.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::report {

enum class LaneKind : std::uint8_t {
  unknown,  // events are missing
  idle,
  leaving_idle,
  guest,
  vcpu,  // its thread, outside of the guest
  task,
  kthread,
  work,
  softirq,
  timer,
  irq,
  ipi,
};
inline constexpr std::size_t kLaneKinds = 12;
// As the legend calls it: "interrupt". It is a class of the style sheet too, behind "k-".
std::string_view name_of(LaneKind kind);
std::string_view word_of(LaneKind kind);

struct LaneSpan {
  std::uint64_t begin_ns{}, end_ns{};
  LaneKind kind{};
  std::string name;        // from outside; empty: the kind says all
  std::uint64_t count{1};  // more: so many things in turn, too short to be told apart
};

struct Lane {
  std::uint32_t cpu{};
  std::vector<LaneSpan> spans;  // in order of time, none over another
};

struct Lanes {
  std::uint64_t begin_ns{}, end_ns{};
  std::vector<Lane> cpus;                      // by number
  std::size_t more_cpus{};                     // that took part and have no lane
  std::optional<std::uint64_t> known_from_ns;  // what was before is not kept any more
};

class LaneRecorder final : public analysis::StreamObserver {
 public:
  // `spans`: how many are kept, of all CPUs together.
  explicit LaneRecorder(std::size_t spans) : most_(spans) {}

  void begin(const reconstruct::FactStore& facts) override { facts_ = &facts; }
  void loss(const order::LossInterval& loss) override;
  void event(const Event& event) override;
  void wake(const WakeChain& /*chain*/) override {}

  // Of the CPUs on which a step of the wake was.
  [[nodiscard]] Lanes around(const WakeChain& chain);

  static constexpr std::size_t kMostLanes = 12;
  // The first wakes that are the worst so far may look at all that is kept by default.
  static constexpr std::uint64_t kFirstLooks = 4'000'000;
  static constexpr std::uint64_t kLooksOfSpan = 16;
  static constexpr std::uint64_t kLooksOfWake = 256;

 private:
  // What has a CPU. Names come when a wake is told.
  struct Thing {
    LaneKind kind{LaneKind::unknown};
    std::uint32_t number{};    // irq, ipi's reason, softirq's vector, tid, idle state
    std::uint64_t function{};  // of a timer or work item; irq: its action
    bool operator==(const Thing&) const = default;
  };
  struct Span {
    std::uint64_t begin_ns{}, end_ns{};
    std::uint64_t told_ns{};  // by the event of this time
    Thing thing;
    std::uint32_t cpu{};
  };
  struct Cpu {
    explicit Cpu(std::uint32_t number) : context(number) {}
    reconstruct::CpuContext context;
    reconstruct::LossTimes::Cpu losses;
    Thing thing;
    std::uint64_t since_ns{0};
    bool in_guest{false};
  };
  struct Thread {
    std::string comm;
    bool kernel{false};
  };

  Cpu& cpu(std::uint32_t number);
  void update(Cpu& on, const Event& event);
  void switched(Cpu& on, const Event& event);
  void work(Cpu& on, const Event& event);
  [[nodiscard]] Thing thing_of(const Cpu& on, std::uint64_t now_ns) const;
  void change(std::uint32_t number, Cpu& on, const Thing& to, std::uint64_t at_ns,
              std::uint64_t told_ns);
  [[nodiscard]] std::string name_of_thing(const Thing& thing, std::uint64_t at_ns) const;
  [[nodiscard]] std::vector<LaneSpan> spans_of(std::vector<Span> found, const Lanes& window,
                                               std::uint64_t least_ns) const;

  const reconstruct::FactStore* facts_{};
  std::size_t most_;
  std::deque<Cpu> cpus_;
  std::deque<Span> kept_;  // by told_ns
  std::uint64_t forgotten_ns_{0};
  // How many kept spans may be looked at for wakes still. Each span and each wake brings some, so
  // all looking takes no longer than the reading, whatever order the wakes come in.
  std::uint64_t looks_{kFirstLooks};
  reconstruct::LossTimes loss_times_;
  SeededMap<std::uint32_t, Thread> threads_;
  SeededMap<std::uint32_t, std::uint64_t> working_;  // function, by thread
};

}  // namespace wakepath::report
