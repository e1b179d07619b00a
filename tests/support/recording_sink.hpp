// SPDX-License-Identifier: GPL-2.0-or-later
// Keeps what a pipeline says, so that a test can look at it.
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

// Replays through a pipeline of its own. Throws std::runtime_error where that fails.
Recording run(const std::vector<RecordBytes>& records, const PipelineOptions& options = {});
Recording run(std::string_view scenario, const PipelineOptions& options = {});

// All that a chain says, one fact a line: two chains are the same if their texts are.
std::string text_of(const WakeChain& chain);

// What the output contract promises of every chain; empty, or what is broken.
std::string broken_rule(const WakeChain& chain);
std::string broken_rule(const Delivery& delivery);

}  // namespace wakepath::testing
