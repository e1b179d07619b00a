// SPDX-License-Identifier: GPL-2.0-or-later
// --explain of live and replay: why wakes were slow, while they come.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "analysis/analysis.hpp"
#include "findings/diagnosis.hpp"
#include "present/renderer.hpp"
#include "wakepath/sink.hpp"

namespace wakepath::cli {

struct UnusualOptions {
  std::uint64_t target_ns{0};  // what is longer is unusual; 0: none is given
  // Only slow wakes come, so that nothing tells what is usual, and each is unusual.
  bool slow_ones_only{false};
};

// Passes all on, and explains wakes that are over the target, or, without one, longer than 99 % of
// those of their vCPU and path so far, and twice their median. Of each second of the stream the
// slowest alone, so that no storm of slow wakes makes a storm of text.
class UnusualWakes final : public Sink {
 public:
  UnusualWakes(present::Renderer& to, const UnusualOptions& options) : to_(to), options_(options) {}

  Result<void> header(const Header& header) override { return to_.header(header); }
  Result<void> wake(const WakeChain& chain) override;
  Result<void> delivery(const Delivery& delivery) override { return to_.delivery(delivery); }
  Result<void> loss(const Loss& loss) override { return to_.loss(loss); }
  Result<void> interval(const Interval& interval) override;
  Result<void> notice(const std::string& text) override { return to_.notice(text); }
  Result<void> summary(const Summary& summary) override;

 private:
  struct Seen {
    analysis::Latencies latencies;
    std::optional<std::uint64_t> limit_ns;  // what is longer is unusual
    std::uint64_t next{kLeast};             // count at which the limit is to be reckoned anew
  };
  static constexpr std::uint64_t kLeast = 100;  // wakes that carry a p99
  static constexpr std::uint64_t kSliceNs = 1'000'000'000;
  static constexpr std::size_t kMostSeen = 4096;

  bool is_unusual(const WakeChain& chain, analysis::TotalKind kind, Seen* seen) const;
  Seen* seen_of(const WakeChain& chain);
  static findings::Usual usual_of(const WakeChain& chain, const Seen* seen);
  // Explains the slowest of the slice that has ended.
  Result<void> end_slice();

  present::Renderer& to_;
  UnusualOptions options_;
  std::map<std::pair<std::uint32_t, std::string>, Seen> seen_;  // by thread and path
  std::optional<std::uint64_t> slice_end_ns_;
  std::optional<findings::Explanation> slowest_;  // of the slice
  std::uint64_t unusual_{0};                      // in the slice
};

}  // namespace wakepath::cli
