// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps the output of a pipeline for a test.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/scenario.hpp"
#include "wakepath/pipeline.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::testing {

struct Recording {
  std::vector<Header> headers;
  std::vector<WakeChain> wakes;
  std::vector<Delivery> deliveries;
  std::vector<Loss> losses;
  std::vector<Interval> intervals;
  std::vector<std::string> notices;
  std::vector<Summary> summaries;
  std::vector<std::string> order;  // the calls, by name

  [[nodiscard]] const Summary& summary() const { return summaries.at(0); }
};

class RecordingSink final : public Sink {
 public:
  explicit RecordingSink(Recording& to) : to_(to) {}

  Result<void> header(const Header& header) override;
  Result<void> wake(const WakeChain& chain) override;
  Result<void> delivery(const Delivery& delivery) override;
  Result<void> loss(const Loss& loss) override;
  Result<void> interval(const Interval& interval) override;
  Result<void> notice(const std::string& text) override;
  Result<void> summary(const Summary& summary) override;

 private:
  Recording& to_;
};

// Replays through a pipeline of its own. Throws std::runtime_error on failure.
Recording run(const std::vector<RecordBytes>& records, const PipelineOptions& options = {});
Recording run(std::string_view scenario, const PipelineOptions& options = {});

// All facts of a chain, one a line: two chains are equal if their texts are.
std::string text_of(const WakeChain& chain);

// Checks the promises of the output contract for a chain. The result names the broken one; empty:
// none.
std::string broken_rule(const WakeChain& chain);
std::string broken_rule(const Delivery& delivery);

}  // namespace wakepath::testing
