// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/bands.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace wakepath::report {

void Bands::add(std::uint64_t at_ns, std::uint64_t ns) {
  const std::uint64_t since = at_ns - std::min(at_ns, begin_ns_);
  while (since / width_ns_ >= kMost) {
    std::vector<analysis::Histogram> wider((parts_.size() + 1) / 2);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (i % 2 == 0) {
        wider[i / 2] = std::move(parts_[i]);
      } else {
        wider[i / 2].add(parts_[i]);
      }
    }
    parts_ = std::move(wider);
    width_ns_ *= 2;
  }
  const std::size_t at = since / width_ns_;
  if (at >= parts_.size()) {
    parts_.resize(at + 1);
  }
  parts_[at].add(ns);
}

std::vector<Band> Bands::rows() const {
  constexpr std::array<double, 2> kShown{0.5, 0.99};
  std::vector<Band> rows;
  rows.reserve(parts_.size());
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const analysis::Histogram& part = parts_[i];
    Band band{begin_ns_ + i * width_ns_, begin_ns_ + (i + 1) * width_ns_, part.count()};
    if (band.count != 0) {
      const auto quantiles = part.quantiles(kShown);
      band.min_ns = part.min();
      band.p50_ns = quantiles[0];
      band.p99_ns = quantiles[1];
      band.max_ns = part.max();
    }
    rows.push_back(band);
  }
  return rows;
}

}  // namespace wakepath::report
