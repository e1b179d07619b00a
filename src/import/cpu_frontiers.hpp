// SPDX-License-Identifier: GPL-2.0-or-later
// How far each CPU's part of a trace is known, losses included. A trace tells a loss with the first
// event after it, and the loss may be as old as the CPU's event before: nothing younger than that
// one can be handed on before the CPU has spoken again.
//
//   CPU 0  . . . . . . . . . . .|      known to here, up to its newest event
//   CPU 1  . .|  (LOST 12)  f . .      its loss begins here, and is told by f
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "import/vcpu_guess.hpp"

namespace wakepath::foreign {

class CpuFrontiers {
 public:
  // The next event of its CPU, in order of time. It stays where it is until it is written.
  void ordered(Held& held);
  // The same, and it tells a loss that began before `between`: the youngest events of its CPU, in
  // order, of which none is written and none tells another loss.
  void ordered(Held& held, std::vector<Held*> between, std::uint64_t since_ns);
  // The next event of `cpu` is written.
  void written(std::uint32_t cpu);

  // The next event of `cpu` that is to be written, if it is in the time of a loss that is told
  // before `before_ns`: then it is to be written now. Null: it is not, or there is none.
  [[nodiscard]] Held* lossy_next(std::uint32_t cpu, std::uint64_t before_ns) const;
  [[nodiscard]] bool all_written(std::uint32_t cpu) const {
    return cpu >= cpus_.size() || cpus_[cpu].written == cpus_[cpu].ordered;
  }
  // Up to where no loss is unknown; events before `before_ns` are ready to be written.
  [[nodiscard]] std::uint64_t known_until(std::uint64_t before_ns) const;

  // Losses are known as soon as events are, without those that follow.
  void never_wait() { waits_ = false; }
  // Each of so many CPUs, if it has events, has lost what it had before its first one.
  void begin_lost(std::uint32_t cpus) { awaited_at_begin_ = cpus; }
  // Before the next event of `cpu`; what is older than `handed_on_ns` has been handed on.
  void lost(std::uint32_t cpu, std::uint64_t handed_on_ns);
  // The CPU that is the furthest behind is not waited for until it speaks again. False: none is.
  bool give_up_furthest(std::uint64_t before_ns);
  // Nothing follows; and which CPUs have lost events after their last one.
  void ends(const std::vector<bool>& lossy);

  // How many losses were told after events of their time had been handed on.
  [[nodiscard]] std::uint64_t told_too_late() const { return told_too_late_; }

 private:
  struct Lossy {
    std::vector<Held*> held;  // the events in the time of the loss, the last one tells it
    std::uint64_t number;     // of the first of them
    std::uint64_t since_ns;
    [[nodiscard]] std::uint64_t told_ns() const { return held.back()->event.time_ns; }
    [[nodiscard]] std::uint64_t end() const { return number + held.size(); }
  };
  struct Cpu {
    std::uint64_t ordered{0}, written{0};
    std::uint64_t newest_ns{0};
    bool awaited{true};
    bool lost{false};         // events, and has had none yet
    bool ended_well{false};   // nothing follows, and nothing is missing
    std::deque<Lossy> lossy;  // not written yet
  };
  Cpu& at(std::uint32_t cpu);
  [[nodiscard]] std::uint64_t known_until(const Cpu& cpu, std::uint64_t before_ns) const;

  std::vector<Cpu> cpus_;
  bool waits_{true};
  std::uint32_t awaited_at_begin_{0};  // CPUs
  std::uint64_t told_too_late_{0};
};

}  // namespace wakepath::foreign
