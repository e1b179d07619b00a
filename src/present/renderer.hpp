// SPDX-License-Identifier: GPL-2.0-or-later
// Shows every result of every command in one form. A new form is a class that derives from
// Renderer: it does not compile before it has an answer for each result.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analysis/comparison.hpp"
#include "analysis/poll_model.hpp"
#include "audit/audit.hpp"
#include "findings/check.hpp"
#include "findings/diagnosis.hpp"
#include "import/graph/wake_outline.hpp"
#include "interrupts/irq_move.hpp"
#include "interrupts/irq_rows.hpp"
#include "present/format.hpp"
#include "present/output.hpp"
#include "present/recording_info.hpp"
#include "present/summary_text.hpp"
#include "wakepath/pipeline.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present {

// What `irqs move` did, or would do.
struct IrqMoves {
  std::vector<interrupts::MoveOutcome> outcomes;
  std::string root;  // of /proc and /sys
  bool dry_run{};    // nothing was done
};

class Renderer : public Sink {
 public:
  // live, replay.
  Result<void> header(const Header& header) override = 0;
  Result<void> wake(const WakeChain& chain) override = 0;
  Result<void> delivery(const Delivery& delivery) override = 0;
  Result<void> loss(const Loss& loss) override = 0;
  Result<void> interval(const Interval& interval) override = 0;
  Result<void> notice(const std::string& text) override = 0;
  Result<void> summary(const Summary& summary) override = 0;
  virtual Result<void> verdict(const VerdictResult& verdict) = 0;

  // irqs. Called again for each look of --watch.
  virtual Result<void> irqs(const interrupts::IrqReport& report) = 0;
  // irqs move: once when the settings are written, and once when it is known what came of it.
  virtual Result<void> irq_moves_written(const IrqMoves& moves) = 0;
  virtual Result<void> irq_moves(const IrqMoves& moves) = 0;

  virtual Result<void> audit(const audit::AuditReport& report) = 0;
  virtual Result<void> doctor(const std::vector<findings::Check>& checks) = 0;
  virtual Result<void> info(const RecordingInfo& info) = 0;
  virtual Result<void> explanation(const findings::Explanation& explanation) = 0;
  virtual Result<void> comparison(const analysis::Comparison& comparison) = 0;
  virtual Result<void> advice(const analysis::AdviceReport& report) = 0;
  // import --outline. `number`: of the wake in its trace, from 1.
  virtual Result<void> outline(const OutlineWake& wake, std::uint64_t number) = 0;
};

enum class WakeView : std::uint8_t {
  tables,  // a table for each interval
  steps,   // every wake, step by step
};

struct RenderOptions {
  std::string source;  // "live", "dump" or "import"; where it is of no stream: empty
  WakeView wakes{WakeView::tables};
  TextOptions text;
  bool one_wake{false};       // only the wake that was asked for: nothing is to be summed up
  bool worst{false};          // only the slowest wakes: what was not captured is told behind them
  bool all{false};            // every interrupt, every finding, however many there are
  bool clears_screen{false};  // before each look at the interrupts
};

// Results go to `out`. What is for a person, in forms that programs read, goes to `messages`. Both
// must outlive the renderer.
std::unique_ptr<Renderer> make_renderer(Format format, const RenderOptions& options, Output& out,
                                        Output& messages);

}  // namespace wakepath::present
