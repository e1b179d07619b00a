// SPDX-License-Identifier: GPL-2.0-or-later
// `--wakes`: every wake, annotated, and the summary.
#pragma once

#include "present/output.hpp"
#include "present/summary_text.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present {

class WakesSink final : public Sink {
 public:
  WakesSink(TextOptions options, Output& out) : options_(options), out_(out) {}

  Result<void> header(const Header& header) override;
  Result<void> wake(const WakeChain& chain) override;
  Result<void> delivery(const Delivery& delivery) override;
  Result<void> loss(const Loss& loss) override;
  Result<void> interval(const Interval& interval) override;
  Result<void> notice(const std::string& text) override;
  Result<void> summary(const Summary& summary) override;

 private:
  TextOptions options_;
  Output& out_;
  RunView run_;
};

}  // namespace wakepath::present
