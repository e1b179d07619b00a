// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/reading.hpp"
#include "host/read_file.hpp"
#include "interrupts/irq_mover.hpp"
#include "present/irq_moves.hpp"
#include "present/renderer.hpp"
#include "privilege/command_rights.hpp"
#include "util/escape.hpp"

namespace wakepath::cli {

namespace {

using interrupts::MoveOutcome;

class MoveRun {
 public:
  MoveRun(const IrqMoveArguments& arguments, const host::GivenRoot& given, const std::string& line,
          Console& console)
      : arguments_(arguments),
        given_(given),
        line_(line),
        console_(console),
        renderer_(present::make_renderer(arguments.format, {}, console.out(), console.err())) {}

  Result<ExitCode> run() {
    auto read = interrupts::IrqMover::read(given_.path());
    if (!read) {
      return tl::unexpected(given_.told(read.error()));
    }
    interrupts::IrqMover& mover = *read;
    if (!mover.note().empty()) {
      console_.say(mover.note());
    }
    WAKEPATH_CHECK(mover.plan(arguments_.wanted));
    if (const auto pid = mover.irqbalance()) {
      console_.say(fmt::format(
          "irqbalance is running (process {}) and may move it back: systemctl stop irqbalance",
          *pid));
    }
    if (arguments_.dry_run) {
      return print(mover.outcomes(), ExitCode::ok);
    }
    if (!host::is_of_proc(given_.path() + "/proc/irq")) {
      return fail(ErrorKind::usage,
                  escape_terminal(arguments_.root) + " is a copy, and nothing would move",
                  "--dry-run says what would be written");
    }
    WAKEPATH_CHECK(mover.open(line_));
    // From here on Ctrl-C must not keep what was done from being told.
    const Interrupt interrupt;
    mover.write();
    ExitCode code = ExitCode::ok;
    for (const MoveOutcome& outcome : mover.outcomes()) {
      code = outcome.refusal ? more_severe(code, console_.report(*outcome.refusal)) : code;
    }
    WAKEPATH_CHECK(tell_the_way_back(mover.outcomes()));
    mover.wait(arguments_.wait, [&interrupt] { return interrupt.asked(); });
    mover.read_back();
    for (const MoveOutcome& outcome : mover.outcomes()) {
      const interrupts::MoveJudgement judgement = interrupts::judge(outcome);
      if (!judgement.text.empty()) {
        console_.say(judgement.text);
      }
      code = judgement.wrong ? more_severe(code, ExitCode::verdict_failed) : code;
    }
    return print(mover.outcomes(), code);
  }

 private:
  [[nodiscard]] present::IrqMoves moves(const std::vector<MoveOutcome>& outcomes) const {
    return {outcomes, shown_root(), arguments_.dry_run};
  }

  // The commands for a copy that is a file are for the host that it is of.
  [[nodiscard]] std::string shown_root() const { return given_.is_file() ? "" : given_.path(); }

  // Before the wait, so that it is known however that ends.
  Result<void> tell_the_way_back(const std::vector<MoveOutcome>& outcomes) {
    return flush(outcomes, renderer_->irq_moves_written(moves(outcomes)));
  }

  // Where standard output takes nothing, standard error has the way back.
  Result<void> flush(const std::vector<MoveOutcome>& outcomes, Result<void> written) {
    if (written) {
      written = console_.out().flush();
    }
    if (!written) {
      present::undo_text(outcomes, shown_root(), console_.err().buffer());
    }
    return written;
  }

  Result<ExitCode> print(const std::vector<MoveOutcome>& outcomes, ExitCode code) {
    WAKEPATH_CHECK(flush(outcomes, renderer_->irq_moves(moves(outcomes))));
    return code;
  }

  const IrqMoveArguments& arguments_;
  const host::GivenRoot& given_;
  const std::string& line_;
  Console& console_;
  std::unique_ptr<present::Renderer> renderer_;
};

// What only says what it would do needs the rights to read alone.
host::GivenRoot::Opened rights_for(const std::string& root, bool dry_run) {
  return [root, dry_run](bool is_file) {
    if (is_file) {
      privilege::read_files_only();
    } else if (dry_run) {
      privilege::read_trees_only(root);
    }
  };
}

}  // namespace

Result<ExitCode> irqs_move(const IrqMoveArguments& arguments, const std::string& line,
                           Console& console) {
  WAKEPATH_TRY(const host::GivenRoot root,
               open_root(arguments.root, rights_for(arguments.root, arguments.dry_run)));
  if (!root.problem().empty()) {
    console.say(root.problem());
  }
  return MoveRun(arguments, root, line, console).run();
}

}  // namespace wakepath::cli
