// SPDX-License-Identifier: GPL-2.0-or-later
#include "present/ndjson_renderer.hpp"

#include "findings/run_findings.hpp"
#include "present/advise_output.hpp"
#include "present/audit_output.hpp"
#include "present/blame_ndjson.hpp"
#include "present/check_output.hpp"
#include "present/compare_output.hpp"
#include "present/explain_output.hpp"
#include "present/finding_ndjson.hpp"
#include "present/info_text.hpp"
#include "present/irq_moves.hpp"
#include "present/irq_ndjson.hpp"
#include "present/messages.hpp"
#include "present/ndjson_parts.hpp"
#include "present/outline_text.hpp"

namespace wakepath::present {

Result<void> NdjsonRenderer::header(const Header& header) {
  arch_ = header.arch;
  untimed_ = header.trace && header.trace->untimed;
  header_ndjson(header, source_, out_.buffer());
  return out_.commit();
}

Result<void> NdjsonRenderer::wake(const WakeChain& chain) {
  wake_ndjson(chain, out_.buffer());
  return out_.commit();
}

Result<void> NdjsonRenderer::delivery(const Delivery& delivery) {
  delivery_ndjson(delivery, out_.buffer());
  return out_.commit();
}

Result<void> NdjsonRenderer::loss(const Loss& loss) {
  loss_ndjson(loss, out_.buffer());
  return out_.commit();
}

// The wakes are there to make tables of.
Result<void> NdjsonRenderer::interval(const Interval& /*interval*/) { return {}; }

Result<void> NdjsonRenderer::notice(const std::string& text) {
  return say("note: " + text, messages_);
}

Result<void> NdjsonRenderer::summary(const Summary& summary) {
  for (const Finding& finding : findings::run_findings(summary, arch_)) {
    finding_json(finding, out_.buffer());
  }
  blame_ndjson(summary.blame, out_.buffer());
  if (heat_map_) {
    heat_map_ndjson(summary.course, out_.buffer());
  }
  what_if_ndjson(summary.what_if, out_.buffer());
  for (const VerdictResult& verdict : summary.verdicts) {
    verdict_ndjson(verdict, out_.buffer());
  }
  summary_ndjson(summary, untimed_, out_.buffer());
  return out_.commit();
}

Result<void> NdjsonRenderer::verdict(const VerdictResult& verdict) {
  return say_verdict(verdict, messages_);
}

Result<void> NdjsonRenderer::irqs(const interrupts::IrqReport& report) {
  for (const interrupts::IrqRow& row : report.rows) {
    irq_json(report, row, out_.buffer());
    WAKEPATH_CHECK(out_.commit());
  }
  return {};
}

// The line of each move has the command that undoes it.
Result<void> NdjsonRenderer::irq_moves_written(const IrqMoves& /*moves*/) { return {}; }

Result<void> NdjsonRenderer::irq_moves(const IrqMoves& moves) {
  for (const interrupts::MoveOutcome& outcome : moves.outcomes) {
    move_json(outcome, moves.root, out_.buffer());
  }
  return out_.commit();
}

Result<void> NdjsonRenderer::audit(const audit::AuditReport& report) {
  audit_ndjson(report, out_.buffer());
  return out_.commit();
}

Result<void> NdjsonRenderer::doctor(const std::vector<findings::Check>& checks) {
  check_ndjson(checks, out_.buffer());
  return out_.commit();
}

Result<void> NdjsonRenderer::info(const RecordingInfo& info) {
  WAKEPATH_CHECK(header(info.header));
  info_ndjson(info, out_.buffer());
  return out_.commit();
}

Result<void> NdjsonRenderer::explanation(const findings::Explanation& explanation) {
  explain_ndjson(explanation, out_.buffer());
  return out_.commit();
}

Result<void> NdjsonRenderer::comparison(const analysis::Comparison& comparison) {
  compare_ndjson(comparison, out_.buffer());
  return out_.commit();
}

Result<void> NdjsonRenderer::advice(const analysis::AdviceReport& report) {
  advise_ndjson(report, out_.buffer());
  return out_.commit();
}

Result<void> NdjsonRenderer::outline(const OutlineWake& wake, std::uint64_t number) {
  outline_ndjson(wake, number, out_.buffer());
  return out_.commit();
}

}  // namespace wakepath::present
