// SPDX-License-Identifier: GPL-2.0-or-later
// The output contract for scripts and CI: one JSON object a line, docs/ndjson.schema.json. The
// lines themselves stand in ndjson_*.cpp and *_ndjson.cpp.
#pragma once

#include "present/renderer.hpp"

namespace wakepath::present {

class NdjsonRenderer final : public Renderer {
 public:
  // `source`: "live", "dump" or "import". Notices are for a person: they go to `messages`.
  // `heat_map`: the summary has one.
  NdjsonRenderer(std::string source, bool heat_map, Output& out, Output& messages)
      : source_(std::move(source)), heat_map_(heat_map), out_(out), messages_(messages) {}

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
  std::string source_;
  bool heat_map_;
  std::string arch_;
  bool untimed_{false};
  Output& out_;
  Output& messages_;
};

}  // namespace wakepath::present
