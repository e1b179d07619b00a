// SPDX-License-Identifier: GPL-2.0-or-later
// Latency over time: how the totals are spread in each part of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/histogram.hpp"

namespace wakepath::report {

struct Band {
  std::uint64_t begin_ns{}, end_ns{};
  std::uint64_t count{};
  // 0 where there is none.
  std::uint64_t min_ns{}, p50_ns{}, p99_ns{}, max_ns{};
};

// At most so many equal parts, which grow as the run goes on; a wake counts where it ended.
class Bands {
 public:
  static constexpr std::size_t kMost = 160;

  void begin(std::uint64_t begin_ns) { begin_ns_ = begin_ns; }
  void add(std::uint64_t at_ns, std::uint64_t ns);
  // In order of time, those without wakes too.
  [[nodiscard]] std::vector<Band> rows() const;

 private:
  std::uint64_t begin_ns_{0};
  std::uint64_t width_ns_{1'000'000};
  std::vector<analysis::Histogram> parts_;
};

}  // namespace wakepath::report
