// SPDX-License-Identifier: GPL-2.0-or-later
#include "analysis/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <utility>

namespace wakepath::analysis {

namespace {

constexpr unsigned kBits = 10;  // 1024 buckets for each power of two

std::uint32_t bucket_of(std::uint64_t ns) {
  if (ns < (2U << kBits)) {
    return static_cast<std::uint32_t>(ns);
  }
  const auto shift = static_cast<unsigned>(std::bit_width(ns)) - kBits - 1;
  return static_cast<std::uint32_t>((shift << kBits) + (ns >> shift));
}

// The middle of the bucket's values.
std::uint64_t value_of(std::uint32_t bucket) {
  if (bucket < (2U << kBits)) {
    return bucket;
  }
  const unsigned shift = (bucket >> kBits) - 1;
  const std::uint64_t low = static_cast<std::uint64_t>(bucket - (shift << kBits)) << shift;
  return low + (std::uint64_t{1} << shift) / 2;
}

}  // namespace

std::uint64_t needed_for_quantile(double q) {
  // The extremes are measurements of their own. 1 - 0.999 is a little less than 0.001: without the
  // correction 1001 would be needed.
  return q >= 1 ? 1 : static_cast<std::uint64_t>(std::ceil(1 / (1 - q) * (1 - 1e-9)));
}

// Neighbours in value are neighbours in place.
std::size_t Histogram::place_of(std::uint32_t bucket) const {
  std::size_t at = bucket & (slots_.size() - 1);
  while (slots_[at].count() != 0 && slots_[at].bucket() != bucket) {
    at = (at + 1) & (slots_.size() - 1);
  }
  return at;
}

void Histogram::grow() {
  constexpr std::size_t kFirst = 8;
  const std::vector<Slot> old = std::exchange(slots_, {});
  slots_.resize(old.empty() ? kFirst : 2 * old.size());
  for (const Slot& slot : old) {
    if (slot.count() != 0) {
      slots_[place_of(slot.bucket())] = slot;
    }
  }
}

void Histogram::add(Slot more) {
  if (2 * (taken_ + 1) > slots_.size()) {
    grow();
  }
  Slot& slot = slots_[place_of(more.bucket())];
  taken_ += slot.count() == 0 ? 1U : 0U;
  slot = Slot(more.bucket(), slot.count() + more.count());
}

void Histogram::add(std::uint64_t ns) {
  add(Slot(bucket_of(ns), 1));
  min_ = count_ == 0 ? ns : std::min(min_, ns);
  max_ = std::max(max_, ns);
  ++count_;
}

void Histogram::add(const Histogram& other) {
  if (other.count_ == 0) {
    return;
  }
  for (const Slot& slot : other.slots_) {
    if (slot.count() != 0) {
      add(slot);
    }
  }
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
}

void Histogram::clear() {
  std::ranges::fill(slots_, Slot{});
  taken_ = 0;
  count_ = min_ = max_ = 0;
}

std::vector<std::uint64_t> Histogram::quantiles(std::span<const double> fractions) const {
  return RankedHistogram(*this).quantiles(fractions);
}

void Replacements::add(std::uint64_t old_ns, std::uint64_t now_ns) {
  least_ns_ = std::min(least_ns_, now_ns);
  if (bucket_of(old_ns) != bucket_of(now_ns)) {
    old_.add(old_ns);
    now_.add(now_ns);
  }
}

RankedHistogram::RankedHistogram(const Histogram& histogram)
    : count_(histogram.count_), min_(histogram.min_), max_(histogram.max_) {
  slots_.reserve(histogram.taken_);
  std::ranges::copy_if(histogram.slots_, std::back_inserter(slots_),
                       [](const Slot& slot) { return slot.count() != 0; });
  std::ranges::sort(slots_);
}

std::vector<std::uint64_t> RankedHistogram::quantiles_of(std::span<const Slot> slots,
                                                         std::uint64_t min,
                                                         std::span<const double> fractions) const {
  std::vector<std::uint64_t> found(fractions.size(), max_);
  std::uint64_t seen = 0;
  std::size_t next = 0;
  for (const Slot& slot : slots) {
    seen += slot.count();
    for (; next < fractions.size(); ++next) {
      // 0.07 * 100 is a little more than 7: without the correction its rank would be 8.
      const double exact = std::clamp(fractions[next], 0.0, 1.0) * static_cast<double>(count_);
      const auto rank = static_cast<std::uint64_t>(std::ceil(exact * (1 - 1e-12)));
      if (seen < std::max<std::uint64_t>(rank, 1)) {
        break;
      }
      found[next] = std::clamp(value_of(slot.bucket()), min, max_);
    }
    if (next == fractions.size()) {
      break;
    }
  }
  return found;
}

std::vector<std::uint64_t> RankedHistogram::quantiles(std::span<const double> fractions) const {
  return quantiles_of(slots_, min_, fractions);
}

std::vector<std::uint64_t> RankedHistogram::quantiles(std::span<const double> fractions,
                                                      const Replacements& replaced) const {
  // Taking away wraps round, and the sum is right.
  std::vector<Slot> changes = RankedHistogram(replaced.old_).slots_;
  for (Slot& slot : changes) {
    slot = Slot(slot.bucket(), 0 - slot.count());
  }
  const auto middle = static_cast<std::ptrdiff_t>(changes.size());
  std::ranges::copy(RankedHistogram(replaced.now_).slots_, std::back_inserter(changes));
  std::ranges::inplace_merge(changes, changes.begin() + middle);
  std::vector<Slot> all;
  all.reserve(slots_.size() + changes.size());
  std::ranges::merge(slots_, changes, std::back_inserter(all));
  std::size_t kept = 0;
  for (const Slot& slot : all) {
    if (kept != 0 && all[kept - 1].bucket() == slot.bucket()) {
      all[kept - 1] = Slot(slot.bucket(), all[kept - 1].count() + slot.count());
    } else {
      all[kept++] = slot;
    }
  }
  all.resize(kept);
  return quantiles_of(all, std::min(min_, replaced.least_ns_), fractions);
}

}  // namespace wakepath::analysis
