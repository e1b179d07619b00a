// SPDX-License-Identifier: GPL-2.0-or-later
// The forms that have a case for each thing that was judged, and nothing else: json, junit, github,
// markdown. Commands that judge nothing do not offer them.
#pragma once

#include "present/renderer.hpp"
#include "present/report_case.hpp"

namespace wakepath::present {

class CaseRenderer final : public Renderer {
 public:
  using Write = void (*)(const CaseReport& report, fmt::memory_buffer& out);
  CaseRenderer(Write write, Output& out, Output& messages)
      : write_(write), out_(out), messages_(messages) {}

  Result<void> header(const Header& /*header*/) override { return {}; }
  Result<void> wake(const WakeChain& /*chain*/) override { return {}; }
  Result<void> delivery(const Delivery& /*delivery*/) override { return {}; }
  Result<void> loss(const Loss& /*loss*/) override { return {}; }
  Result<void> interval(const Interval& /*interval*/) override { return {}; }
  Result<void> notice(const std::string& text) override;
  Result<void> summary(const Summary& summary) override { return cases(cases_of(summary)); }
  Result<void> verdict(const VerdictResult& verdict) override;
  Result<void> irqs(const interrupts::IrqReport& /*report*/) override { return no_cases(); }
  Result<void> irq_moves_written(const IrqMoves& /*moves*/) override { return no_cases(); }
  Result<void> irq_moves(const IrqMoves& /*moves*/) override { return no_cases(); }
  Result<void> audit(const audit::AuditReport& report) override { return cases(cases_of(report)); }
  Result<void> doctor(const std::vector<findings::Check>& checks) override {
    return cases(cases_of(checks));
  }
  Result<void> info(const RecordingInfo& /*info*/) override { return no_cases(); }
  // No case: it is told while wakes come.
  Result<void> explanation(const findings::Explanation& /*explanation*/) override { return {}; }
  Result<void> comparison(const analysis::Comparison& comparison) override {
    return cases(cases_of(comparison));
  }
  Result<void> advice(const analysis::AdviceReport& /*report*/) override { return no_cases(); }
  Result<void> outline(const OutlineWake& /*wake*/, std::uint64_t /*number*/) override {
    return no_cases();
  }

 private:
  Result<void> cases(const CaseReport& report);
  static Result<void> no_cases();

  Write write_;
  Output& out_;
  Output& messages_;
};

}  // namespace wakepath::present
