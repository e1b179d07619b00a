// SPDX-License-Identifier: GPL-2.0-or-later
// Moves interrupts of a host: plans, opens what is to be written, writes, waits for what comes, and
// reads back. What to tell of it, and when, is the caller's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/irq_affinity.hpp"
#include "interrupts/irq_move.hpp"

namespace wakepath::interrupts {

class IrqMover {
 public:
  // Reads what there is below `root`, which ends without a slash.
  static Result<IrqMover> read(std::string root);

  // For people: what was read instead of what is missing; empty: nothing is missing.
  [[nodiscard]] const std::string& note() const { return note_; }
  // The process of irqbalance, which may move interrupts back; nullopt: it does not run.
  [[nodiscard]] std::optional<std::uint32_t> irqbalance() const;
  [[nodiscard]] const std::vector<MoveOutcome>& outcomes() const { return outcomes_; }

  // Fills the outcomes. Errors: those of read_cpus() and plan_moves().
  Result<void> plan(const MoveWanted& wanted);
  // All files, before the first is written: where one may not be, nothing is done by half. `again`
  // is the command line that was given.
  Result<void> open(const std::string& again);
  // Each outcome says whether it was written, or why the kernel refused.
  void write();
  // Until each interrupt has come to one of its CPUs, or `limit` is over, or `stop` says so.
  void wait(std::chrono::nanoseconds limit, const std::function<bool()>& stop);
  void read_back();

 private:
  using Counts = std::optional<std::vector<host::CpuCount>>;

  explicit IrqMover(std::string root);
  [[nodiscard]] std::vector<Counts> counts() const;

  std::string root_;
  std::string note_;
  std::unique_ptr<host::IrqDirectory> irqs_;
  IrqFacts facts_;
  std::vector<MoveOutcome> outcomes_;
  std::vector<host::IrqAffinityFile> files_;  // one for each outcome, once open
};

}  // namespace wakepath::interrupts
