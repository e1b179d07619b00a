// SPDX-License-Identifier: GPL-2.0-or-later
#include "order/arrivals.hpp"

#include <iterator>

#include "wakepath/abi.h"

namespace wakepath::order {

namespace {

// Of more than these it is forgotten that they were holes: events that still come then count as a
// duplicate, and is not used either.
constexpr std::size_t kGivenUpKept = 64;

}  // namespace

Arrivals::Place Arrivals::arrive(std::optional<std::uint32_t> number, std::uint32_t count,
                                 Span skipped) {
  if (!number) {
    next_ += count;
    return Place::next;
  }
  const std::uint32_t ahead = (*number - static_cast<std::uint32_t>(next_)) % WP_BATCH_NUMBERS;
  if (!placed_ || ahead < WP_BATCH_NUMBERS / 2) {
    skip_to(next_ + ahead, skipped);
    next_ += count;
    return Place::next;
  }
  const std::uint32_t behind = WP_BATCH_NUMBERS - ahead;
  if (behind > next_) {
    return Place::again;  // no stream has numbers below 0
  }
  const std::uint64_t first = next_ - behind;
  if (take_out(holes_, first, count)) {
    return Place::filled;
  }
  // What came late has come: the same once more is no second loss taken back.
  return take_out(given_up_, first, count) ? Place::late : Place::again;
}

bool Arrivals::take_out(Holes& holes, std::uint64_t first, std::uint64_t count) {
  auto after = holes.upper_bound(first);
  if (after == holes.begin()) {
    return false;
  }
  const auto at = std::prev(after);
  const Hole hole = at->second;
  if (first + count > hole.end) {
    return false;
  }
  holes.erase(at);
  if (hole.first < first) {
    holes.emplace(hole.first, Hole{hole.first, first, hole.between});
  }
  if (first + count < hole.end) {
    holes.emplace(first + count, Hole{first + count, hole.end, hole.between});
  }
  return true;
}

void Arrivals::expect(std::uint32_t handed, Span skipped) {
  const std::uint32_t ahead = handed - static_cast<std::uint32_t>(next_);
  if (!placed_ || ahead < UINT32_MAX / 2) {
    skip_to(next_ + ahead, skipped);
  }
}

void Arrivals::skip_to(std::uint64_t number, Span skipped) {
  if (placed_ && number > next_) {
    holes_.emplace(next_, Hole{next_, number, skipped});
  }
  next_ = number;
  placed_ = true;
}

std::vector<Arrivals::Hole> Arrivals::give_up_before(std::uint64_t time_ns) {
  std::vector<Hole> old;
  // A later hole does not begin earlier.
  while (!holes_.empty() && holes_.begin()->second.between.begin_ns < time_ns) {
    old.push_back(holes_.begin()->second);
    given_up(old.back());
    holes_.erase(holes_.begin());
  }
  return old;
}

void Arrivals::give_up_to(std::uint64_t number) {
  if (number > next_) {
    given_up({next_, number, {}});
    next_ = number;
  }
}

void Arrivals::given_up(const Hole& hole) {
  given_up_.insert_or_assign(hole.first, hole);
  if (given_up_.size() > kGivenUpKept) {
    given_up_.erase(given_up_.begin());
  }
}

}  // namespace wakepath::order
