// SPDX-License-Identifier: GPL-2.0-or-later
#include "interrupts/irq_mover.hpp"

#include <algorithm>
#include <utility>

#include <poll.h>

#include "interrupts/irq_reading.hpp"

namespace wakepath::interrupts {

IrqMover::IrqMover(std::string root)
    : root_(std::move(root)), irqs_(std::make_unique<host::IrqDirectory>(root_)) {}

Result<IrqMover> IrqMover::read(std::string root) {
  WAKEPATH_TRY(IrqReading reading, read_irqs(root));
  IrqMover mover(std::move(root));
  mover.note_ = std::move(reading.note);
  mover.facts_ = std::move(reading.facts);
  return mover;
}

Result<void> IrqMover::plan(const MoveWanted& wanted) {
  WAKEPATH_TRY(const host::Cpus cpus, host::read_cpus(root_));
  WAKEPATH_TRY(std::vector<IrqMove> moves,
               plan_moves(explain(std::move(facts_), device_names(root_)), wanted, cpus));
  for (IrqMove& move : moves) {
    outcomes_.push_back({std::move(move), false, {}, {}, {}, {}, 0});
  }
  return {};
}

std::optional<std::uint32_t> IrqMover::irqbalance() const { return host::find_irqbalance(root_); }

Result<void> IrqMover::open(const std::string& again) {
  for (const MoveOutcome& outcome : outcomes_) {
    auto file = host::IrqAffinityFile::open(root_, *outcome.move.row.number);
    if (!file) {
      return tl::unexpected(open_refused(outcome.move.row, file.error(), again));
    }
    files_.push_back(std::move(*file));
  }
  return {};
}

void IrqMover::write() {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    MoveOutcome& outcome = outcomes_[i];
    if (const int error = files_[i].write(outcome.move.cpus.text()); error != 0) {
      outcome.refusal = write_refused(outcome.move.row, error);
    } else {
      outcome.written = true;
    }
  }
}

std::vector<IrqMover::Counts> IrqMover::counts() const {
  std::vector<Counts> all;
  for (const MoveOutcome& outcome : outcomes_) {
    all.push_back(irqs_->counts(*outcome.move.row.number));
  }
  // A host with very many CPUs does not tell them of one interrupt alone.
  if (std::ranges::any_of(all, [](const Counts& one) { return !one; })) {
    const auto table = host::read_interrupts(root_);
    for (std::size_t i = 0; table && i < all.size(); ++i) {
      const auto row =
          std::ranges::find(table->rows, outcomes_[i].move.row.number, &host::InterruptRow::number);
      if (!all[i] && row != table->rows.end() && row->by_cpu && row->total) {
        all[i] = row->counts;
      }
    }
  }
  return all;
}

void IrqMover::wait(std::chrono::nanoseconds limit, const std::function<bool()>& stop) {
  using Clock = std::chrono::steady_clock;
  constexpr int kPauseMs = 20;
  if (limit.count() == 0) {
    return;
  }
  const std::vector<Counts> before = counts();
  const auto start = Clock::now();
  while (true) {
    const std::vector<Counts> now = counts();
    const auto waited = Clock::now() - start;
    bool all = true;
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
      MoveOutcome& outcome = outcomes_[i];
      if (outcome.written) {
        outcome.came = came_since(before[i], now[i]);
        outcome.waited_ns = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(waited).count());
        all = all && (!outcome.came || came_as_asked(outcome));
      }
    }
    if (all || waited >= limit || stop()) {
      return;
    }
    ::poll(nullptr, 0, kPauseMs);
  }
}

void IrqMover::read_back() {
  std::vector<host::InterruptRow> rows(outcomes_.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].number = outcomes_[i].move.row.number;
  }
  const std::vector<host::IrqSettings> settings = irqs_->settings(rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    outcomes_[i].affinity = settings[i].affinity;
    outcomes_[i].effective = settings[i].effective;
  }
}

}  // namespace wakepath::interrupts
