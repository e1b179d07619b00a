// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/collector.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace wakepath::report {

namespace {

constexpr std::size_t kMostLosses = 100;
constexpr std::size_t kMostNotices = 100;

// As the summary's list of the slowest has them: of several that took as long, the first.
bool is_slower(const WorstWake& a, const WorstWake& b) {
  return std::tuple(a.chain.total_ns(), b.chain.id) > std::tuple(b.chain.total_ns(), a.chain.id);
}

}  // namespace

Result<void> Collector::header(const Header& header) {
  out_.run.header = header;
  for (OfTotal& of : of_totals_) {
    of.bands.begin(header.begin_ns.value_or(0));
  }
  return {};
}

Result<void> Collector::wake(const WakeChain& chain) {
  out_.run.see(chain);
  const auto kind = analysis::total_kind(chain);
  if (!kind) {
    return {};
  }
  OfTotal& of = of_totals_.at(static_cast<std::size_t>(*kind));
  of.bands.add(chain.end_ns, chain.total_ns());
  if (most_ == 0) {
    return {};
  }
  if (of.worst.size() >= most_) {
    if (chain.total_ns() <= of.worst.front().chain.total_ns()) {
      return {};
    }
    std::ranges::pop_heap(of.worst, is_slower);
    of.worst.pop_back();
  }
  of.worst.push_back({chain, lanes_.around(chain)});
  std::ranges::push_heap(of.worst, is_slower);
  return {};
}

Result<void> Collector::loss(const Loss& loss) {
  out_.run.lossy = true;
  if (out_.losses.size() < kMostLosses) {
    out_.losses.push_back(loss);
  } else {
    ++out_.more_losses;
  }
  return {};
}

Result<void> Collector::notice(const std::string& text) {
  if (out_.notices.size() < kMostNotices) {
    out_.notices.push_back(text);
  }
  return {};
}

Result<void> Collector::summary(const Summary& summary) {
  out_.summary = summary;
  return {};
}

Collected Collector::take() {
  for (std::size_t i = 0; i < of_totals_.size(); ++i) {
    const auto name = analysis::name_of(static_cast<analysis::TotalKind>(i));
    if (!out_.summary.ranking.empty() && out_.summary.ranking.front().stage == name) {
      out_.bands = of_totals_[i].bands.rows();
      out_.worst = std::move(of_totals_[i].worst);
      std::ranges::sort(out_.worst, is_slower);
    }
  }
  return std::move(out_);
}

}  // namespace wakepath::report
