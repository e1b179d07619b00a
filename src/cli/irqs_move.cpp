// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include <poll.h>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/irq_host.hpp"
#include "host/irq_affinity.hpp"
#include "interrupts/irq_move.hpp"
#include "present/irq_moves.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

using interrupts::IrqMove;
using interrupts::MoveOutcome;
using Clock = std::chrono::steady_clock;
using Counts = std::optional<std::vector<host::CpuCount>>;

class Mover {
 public:
  Mover(const IrqMoveArguments& arguments, const std::string& line, Console& console)
      : arguments_(arguments),
        line_(line),
        console_(console),
        root_(without_end_slash(arguments.root)),
        irqs_(root_) {}

  Result<ExitCode> run() {
    if (auto planned = plan(); !planned) {
      return tl::unexpected(planned.error());
    }
    warn_of_irqbalance();
    if (arguments_.dry_run) {
      return print(ExitCode::ok);
    }
    if (!is_of_proc(root_ + "/proc/irq")) {
      return fail(ErrorKind::usage,
                  escape_terminal(arguments_.root) + " is a copy, and nothing would move",
                  "--dry-run says what would be written");
    }
    auto files = open_all();
    if (!files) {
      return tl::unexpected(files.error());
    }
    // From here on Ctrl-C must not keep what was done from being told.
    const Interrupt interrupt;
    ExitCode code = write(*files);
    if (auto told = tell_the_way_back(); !told) {
      return tl::unexpected(told.error());
    }
    wait(interrupt);
    read_back();
    for (const MoveOutcome& outcome : outcomes_) {
      const interrupts::MoveJudgement judgement = interrupts::judge(outcome);
      if (!judgement.text.empty()) {
        console_.say(judgement.text);
      }
      code = judgement.wrong ? more_severe(code, ExitCode::verdict_failed) : code;
    }
    return print(code);
  }

 private:
  Result<void> plan() {
    auto reading = read_irqs(root_);
    if (!reading) {
      return tl::unexpected(reading.error());
    }
    if (!reading->note.empty()) {
      console_.say(reading->note);
    }
    const auto cpus = host::read_cpus(root_);
    if (!cpus) {
      return tl::unexpected(cpus.error());
    }
    interrupts::DeviceNames names;
    names.by_action = [this](const std::string& action) {
      return host::find_named_device(root_, action);
    };
    auto moves = interrupts::plan_moves(interrupts::explain(std::move(reading->facts), names),
                                        arguments_.wanted, *cpus);
    if (!moves) {
      return tl::unexpected(moves.error());
    }
    for (IrqMove& move : *moves) {
      outcomes_.push_back({std::move(move), false, {}, {}, {}, {}, 0});
    }
    return {};
  }

  void warn_of_irqbalance() {
    if (const auto pid = host::find_process(root_, "irqbalance")) {
      console_.say(fmt::format(
          "irqbalance is running (process {}) and may move it back: systemctl stop irqbalance",
          *pid));
    }
  }

  // All, before the first is written: where we may not, nothing is done by half.
  Result<std::vector<host::IrqAffinityFile>> open_all() {
    std::vector<host::IrqAffinityFile> files;
    for (const MoveOutcome& outcome : outcomes_) {
      auto file = host::IrqAffinityFile::open(root_, *outcome.move.row.number);
      if (!file) {
        return tl::unexpected(interrupts::open_refused(outcome.move.row, file.error(), line_));
      }
      files.push_back(std::move(*file));
    }
    return files;
  }

  ExitCode write(const std::vector<host::IrqAffinityFile>& files) {
    ExitCode code = ExitCode::ok;
    for (std::size_t i = 0; i < files.size(); ++i) {
      MoveOutcome& outcome = outcomes_[i];
      if (const int error = files[i].write(outcome.move.cpus.text()); error != 0) {
        outcome.refusal = interrupts::write_refused(outcome.move.row, error);
        code = more_severe(code, console_.report(*outcome.refusal));
      } else {
        outcome.written = true;
      }
    }
    return code;
  }

  // Before the wait, so that it is known however that ends.
  Result<void> tell_the_way_back() {
    if (arguments_.format == Format::table) {
      present::undo_text(outcomes_, root_, console_.out().buffer());
    }
    return flush();
  }

  // Where standard output takes nothing, standard error has the way back.
  Result<void> flush() {
    auto written = console_.out().flush();
    if (!written) {
      present::undo_text(outcomes_, root_, console_.err().buffer());
    }
    return written;
  }

  std::vector<Counts> counts() const {
    std::vector<Counts> all;
    for (const MoveOutcome& outcome : outcomes_) {
      all.push_back(irqs_.counts(*outcome.move.row.number));
    }
    // A host with very many CPUs.
    if (std::ranges::any_of(all, [](const Counts& one) { return !one; })) {
      const auto table = host::read_interrupts(root_);
      for (std::size_t i = 0; table && i < all.size(); ++i) {
        const auto row = std::ranges::find(table->rows, outcomes_[i].move.row.number,
                                           &host::InterruptRow::number);
        if (!all[i] && row != table->rows.end() && row->by_cpu && row->total) {
          all[i] = row->counts;
        }
      }
    }
    return all;
  }

  // Until each has come to one of its CPUs, or for as long as asked.
  void wait(const Interrupt& interrupt) {
    constexpr int kPauseMs = 20;
    if (arguments_.wait.count() == 0) {
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
          outcome.came = interrupts::came_since(before[i], now[i]);
          outcome.waited_ns = static_cast<std::uint64_t>(
              std::chrono::duration_cast<std::chrono::nanoseconds>(waited).count());
          all = all && (!outcome.came || interrupts::came_as_asked(outcome));
        }
      }
      if (all || waited >= arguments_.wait || interrupt.asked()) {
        return;
      }
      ::poll(nullptr, 0, kPauseMs);
    }
  }

  void read_back() {
    std::vector<host::InterruptRow> rows(outcomes_.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].number = outcomes_[i].move.row.number;
    }
    const std::vector<host::IrqSettings> settings = irqs_.settings(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      outcomes_[i].affinity = settings[i].affinity;
      outcomes_[i].effective = settings[i].effective;
    }
  }

  Result<ExitCode> print(ExitCode code) {
    present::Output& out = console_.out();
    if (arguments_.format == Format::table) {
      present::move_table(outcomes_, arguments_.dry_run, out.buffer());
      if (arguments_.dry_run) {
        present::plan_text(outcomes_, root_, out.buffer());
      }
      return code;
    }
    for (const MoveOutcome& outcome : outcomes_) {
      present::move_json(outcome, root_, out.buffer());
    }
    if (auto written = flush(); !written) {
      return tl::unexpected(written.error());
    }
    return code;
  }

  const IrqMoveArguments& arguments_;
  const std::string& line_;
  Console& console_;
  std::string root_;
  host::IrqDirectory irqs_;
  std::vector<MoveOutcome> outcomes_;
};

}  // namespace

Result<ExitCode> irqs_move(const IrqMoveArguments& arguments, const std::string& line,
                           Console& console) {
  return Mover(arguments, line, console).run();
}

}  // namespace wakepath::cli
