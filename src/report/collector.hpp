// SPDX-License-Identifier: GPL-2.0-or-later
// Looks on while a recording is read, and keeps what a report shows of it.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "analysis/total_kind.hpp"
#include "report/collected.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::report {

class Collector final : public Sink {
 public:
  // `worst`: so many wakes are shown whole. `lane_spans`: LaneRecorder's.
  Collector(std::size_t worst, std::size_t lane_spans) : most_(worst), lanes_(lane_spans) {}

  Result<void> header(const Header& header) override;
  Result<void> wake(const WakeChain& chain) override;
  Result<void> loss(const Loss& loss) override;
  Result<void> notice(const std::string& text) override;
  Result<void> summary(const Summary& summary) override;

  // For the pipeline that feeds this sink.
  analysis::StreamObserver& lanes() { return lanes_; }
  // After the summary. What else the report shows is the caller's to fill in.
  [[nodiscard]] Collected take();

 private:
  // Totals of different kinds are never put together, and which kind most wakes have is known at
  // the end.
  struct OfTotal {
    Bands bands;
    std::vector<WorstWake> worst;  // a heap: the least slow stands first
  };

  std::size_t most_;
  LaneRecorder lanes_;
  std::array<OfTotal, analysis::kTotalKinds> of_totals_;
  Collected out_;
};

}  // namespace wakepath::report
