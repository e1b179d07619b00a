// SPDX-License-Identifier: GPL-2.0-or-later
// For people. Wakes have two views: a table for each interval, or each wake step by step.
#pragma once

#include "present/latency_table.hpp"
#include "present/renderer.hpp"

namespace wakepath::present {

class TextRenderer final : public Renderer {
 public:
  TextRenderer(RenderOptions options, Output& out, Output& messages)
      : options_(std::move(options)),
        out_(out),
        messages_(messages),
        table_(LatencyTable::Form::interval, options_.text.top) {}

  Result<void> header(const Header& header) override;
  Result<void> wake(const WakeChain& chain) override;
  Result<void> delivery(const Delivery& delivery) override;
  Result<void> loss(const Loss& loss) override;
  Result<void> interval(const Interval& interval) override;
  Result<void> notice(const std::string& text) override;
  Result<void> summary(const Summary& summary) override;
  Result<void> verdict(const VerdictResult& verdict) override;
  Result<void> irqs(const interrupts::IrqReport& report) override;
  Result<void> irq_moves_written(const IrqMoves& moves) override;
  Result<void> irq_moves(const IrqMoves& moves) override;
  Result<void> audit(const audit::AuditReport& report) override;
  Result<void> doctor(const std::vector<findings::Check>& checks) override;
  Result<void> info(const RecordingInfo& info) override;
  Result<void> explanation(const findings::Explanation& explanation) override;
  Result<void> comparison(const analysis::Comparison& comparison) override;
  Result<void> advice(const analysis::AdviceReport& report) override;
  Result<void> outline(const OutlineWake& wake, std::uint64_t number) override;

 private:
  [[nodiscard]] bool steps() const { return options_.wakes == WakeView::steps; }

  void append_fitting(const fmt::memory_buffer& text, std::size_t indent);

  RenderOptions options_;
  Output& out_;
  Output& messages_;
  RunView run_;
  LatencyTable table_;
  bool told_why_no_wakes_{false};
  bool told_mark_{false};
  bool irqs_shown_{false};
};

}  // namespace wakepath::present
