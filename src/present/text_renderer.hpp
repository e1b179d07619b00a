// SPDX-License-Identifier: GPL-2.0-or-later
// For people: a table per interval, and the summary.
#pragma once

#include "present/latency_table.hpp"
#include "present/output.hpp"
#include "present/summary_text.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present {

class TableSink final : public Sink {
 public:
  TableSink(TextOptions options, Output& out)
      : options_(options), out_(out), table_(LatencyTable::Form::interval, options.top) {}

  Result<void> header(const Header& header) override;
  Result<void> wake(const WakeChain& chain) override;
  Result<void> delivery(const Delivery& delivery) override;
  Result<void> loss(const Loss& loss) override;
  Result<void> interval(const Interval& interval) override;
  Result<void> notice(const std::string& text) override;
  Result<void> summary(const Summary& summary) override;

 private:
  void cost(const Interval& interval);

  TextOptions options_;
  Output& out_;
  RunView run_;
  LatencyTable table_;
  bool explained_{false};  // why there may be no wakes has been said
};

}  // namespace wakepath::present
