// SPDX-License-Identifier: GPL-2.0-or-later
#include "order/arrivals.hpp"

#include <algorithm>

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
  const auto in_it = [&](const Hole& hole) { return hole.holds(first, count); };
  if (const auto hole = std::find_if(holes_.begin(), holes_.end(), in_it); hole != holes_.end()) {
    const Hole after{first + count, hole->end, hole->between};
    hole->end = first;
    const auto rest = after.events() == 0 ? std::next(hole) : holes_.insert(std::next(hole), after);
    if (const auto before = std::prev(rest); before->events() == 0) {
      holes_.erase(before);
    }
    return Place::filled;
  }
  return std::any_of(given_up_.begin(), given_up_.end(), in_it) ? Place::late : Place::again;
}

void Arrivals::expect(std::uint32_t handed, Span skipped) {
  const std::uint32_t ahead = handed - static_cast<std::uint32_t>(next_);
  if (!placed_ || ahead < UINT32_MAX / 2) {
    skip_to(next_ + ahead, skipped);
  }
}

void Arrivals::skip_to(std::uint64_t number, Span skipped) {
  if (placed_ && number > next_) {
    holes_.push_back({next_, number, skipped});
  }
  next_ = number;
  placed_ = true;
}

std::vector<Arrivals::Hole> Arrivals::give_up_before(std::uint64_t time_ns) {
  const auto kept = std::stable_partition(holes_.begin(), holes_.end(), [&](const Hole& hole) {
    return hole.between.begin_ns < time_ns;
  });
  std::vector<Hole> old(holes_.begin(), kept);
  holes_.erase(holes_.begin(), kept);
  std::for_each(old.begin(), old.end(), [&](const Hole& hole) { given_up(hole); });
  return old;
}

void Arrivals::give_up_to(std::uint64_t number) {
  if (number > next_) {
    given_up({next_, number, {}});
    next_ = number;
  }
}

void Arrivals::given_up(const Hole& hole) {
  if (given_up_.size() == kGivenUpKept) {
    given_up_.erase(given_up_.begin());
  }
  given_up_.push_back(hole);
}

}  // namespace wakepath::order
