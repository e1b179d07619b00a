// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/course.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "util/list_index.hpp"
#include "util/seeded_hash.hpp"

namespace wakepath::analysis {

namespace {

bool is_slower(const SlowWake& a, const SlowWake& b) {
  return std::tuple(a.total_ns, b.id) > std::tuple(b.total_ns, a.id);
}

// The longest stage, and what took most of the whole wake.
void describe(const WakeChain& chain, SlowWake& out) {
  std::vector<BlameRow> took;
  ListIndex places;
  const SeededHash seeded;
  const auto hash = [&seeded](const BlameRow& row) {
    return seeded(seeded(row.what), row.tid.value_or(0), static_cast<std::uint64_t>(row.kind));
  };
  const auto add = [&](BlameRow row, std::uint64_t ns) {
    const std::size_t same = places.find(
        took,
        [&row](const BlameRow& one) {
          return one.kind == row.kind && one.what == row.what && one.tid == row.tid &&
                 one.interrupt == row.interrupt;
        },
        hash, [&] { return hash(row); });
    BlameRow& sum = same == took.size() ? took.emplace_back(std::move(row)) : took[same];
    sum.ns += ns;
  };
  for (const Stage& stage : chain.stages) {
    std::uint64_t left = stage.end_ns - stage.begin_ns;
    if (left > out.stage_ns) {
      out.stage = stage.kind;
      out.stage_ns = left;
    }
    for (const Blame& blame : stage.blame) {
      const std::uint64_t ns = std::min(left, blame.ns);
      left -= ns;
      const bool own = blame.kind == BlameKind::self;
      add({blame.kind, own ? std::string() : blame.what, blame.tid, blame.prio, blame.interrupt},
          ns);
    }
    if (left != 0) {
      add({BlameKind::unexplained, {}}, left);
    }
  }
  if (const auto most = std::ranges::max_element(took, {}, &BlameRow::ns); most != took.end()) {
    out.most = *most;
  }
}

}  // namespace

const std::array<std::uint64_t, Spread::kBounds>& Spread::bounds() {
  static constexpr auto kAll = [] {
    std::array<std::uint64_t, kBounds> all{};
    std::uint64_t decade = 100;
    for (std::size_t i = 0; i < kBounds; i += 3) {
      all[i] = decade;
      all[i + 1] = 2 * decade;
      all[i + 2] = 5 * decade;
      decade *= 10;
    }
    return all;
  }();
  return kAll;
}

void Spread::add(std::uint64_t ns) {
  const auto& all = bounds();
  ++counts_[static_cast<std::size_t>(std::ranges::upper_bound(all, ns) - all.begin())];
}

std::vector<SpreadRow> Spread::rows() const {
  std::vector<SpreadRow> rows;
  std::size_t end = counts_.size();
  while (end != 0 && counts_[end - 1] == 0) {
    --end;
  }
  for (std::size_t i = 0; i < end; ++i) {
    if (rows.empty() && counts_[i] == 0) {
      continue;
    }
    rows.push_back({i == 0 ? 0 : bounds()[i - 1],
                    i == kBounds ? std::nullopt : std::optional(bounds()[i]), counts_[i]});
  }
  return rows;
}

void Course::add(std::uint64_t at_ns, std::uint64_t ns) {
  const std::uint64_t since = at_ns - std::min(at_ns, begin_ns_);
  while (since / width_ns_ >= kMost) {
    std::vector<Part> wider((parts_.size() + 1) / 2);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      wider[i / 2].wakes += parts_[i].wakes;
      wider[i / 2].max_ns = std::max(wider[i / 2].max_ns, parts_[i].max_ns);
      for (std::size_t row = 0; row < kHeatRows; ++row) {
        wider[i / 2].by_latency[row] += parts_[i].by_latency[row];
      }
    }
    parts_ = std::move(wider);
    width_ns_ *= 2;
  }
  const std::size_t at = since / width_ns_;
  if (at >= parts_.size()) {
    parts_.resize(at + 1);
  }
  ++parts_[at].wakes;
  parts_[at].max_ns = std::max(parts_[at].max_ns, ns);
  ++parts_[at].by_latency[heat_row_of(ns)];
}

std::vector<WorstOfTime> Course::rows() const {
  std::vector<WorstOfTime> rows;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    rows.push_back({begin_ns_ + i * width_ns_, begin_ns_ + (i + 1) * width_ns_, parts_[i].wakes,
                    parts_[i].max_ns, parts_[i].by_latency});
  }
  return rows;
}

void Slowest::add(const WakeChain& chain) {
  if (most_ == 0) {
    return;
  }
  const bool full = kept_.size() >= most_;
  if (full && chain.total_ns() <= kept_.front().total_ns) {
    return;
  }
  SlowWake wake;
  wake.id = chain.id;
  wake.realtime_ns = chain.realtime_ns;
  wake.begin_ns = chain.begin_ns;
  wake.total_ns = chain.total_ns();
  wake.who = chain.who;
  wake.path = chain.path;
  describe(chain, wake);
  if (full) {
    std::ranges::pop_heap(kept_, is_slower);
    kept_.pop_back();
  }
  kept_.push_back(std::move(wake));
  std::ranges::push_heap(kept_, is_slower);
}

std::vector<SlowWake> Slowest::rows() const {
  std::vector<SlowWake> rows = kept_;
  std::ranges::sort(rows, is_slower);
  return rows;
}

}  // namespace wakepath::analysis
