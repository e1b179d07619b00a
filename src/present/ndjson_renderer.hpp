// SPDX-License-Identifier: GPL-2.0-or-later
// The output contract for scripts and CI: one JSON object a line, docs/ndjson.schema.json.
#pragma once

#include <string>

#include "present/json.hpp"
#include "present/output.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::present {

class NdjsonSink final : public Sink {
 public:
  // `source`: "live", "dump" or "import". Notices are for a person: they go to `notices`.
  NdjsonSink(std::string source, Output& out, Output& notices)
      : source_(std::move(source)), out_(out), notices_(notices) {}

  Result<void> header(const Header& header) override;
  Result<void> wake(const WakeChain& chain) override;
  Result<void> delivery(const Delivery& delivery) override;
  Result<void> loss(const Loss& loss) override;
  Result<void> interval(const Interval& interval) override;
  Result<void> notice(const std::string& text) override;
  Result<void> summary(const Summary& summary) override;

 private:
  Result<void> quiet(const QuietVcpu& vcpu);

  std::string source_;
  std::string arch_;
  bool untimed_{false};
  Output& out_;
  Output& notices_;
};

}  // namespace wakepath::present
