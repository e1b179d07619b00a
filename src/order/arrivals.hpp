// SPDX-License-Identifier: GPL-2.0-or-later
// Which events of one CPU have come, by their numbers in its stream. Where numbers are skipped is a
// hole; it is lost once the time at which it may begin is told, unless its records come before.
//
//   0 1 2 3 4 [hole 5 6] 7 8 | next
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace wakepath::order {

class Arrivals {
 public:
  struct Span {  // of time
    std::uint64_t begin_ns;
    std::uint64_t end_ns;
  };
  struct Hole {
    std::uint64_t first;  // number
    std::uint64_t end;    // number after the last
    Span between;         // its events happened then

    [[nodiscard]] std::uint64_t events() const { return end - first; }
  };
  enum class Place : std::uint8_t {
    next,    // behind all others: the numbers that it skips are a hole now
    filled,  // in a hole, after younger ones
    late,    // in a hole that has been given up
    again,   // has come before
  };

  // `count` events come. Without a number they are the ones that are expected next. The events that
  // they skip happened in `skipped`.
  Place arrive(std::optional<std::uint32_t> number, std::uint32_t count, Span skipped);
  // The stream begins behind so many events.
  void begin_at(std::uint64_t number) { next_ = number; }
  // `handed` events (modulo 2^32) should have come by now.
  void expect(std::uint32_t handed, Span skipped);
  // Holes that may begin before `time_ns`. Events of them that still come are late.
  std::vector<Hole> give_up_before(std::uint64_t time_ns);
  // All below `number` that has not come is given up.
  void give_up_to(std::uint64_t number);
  // Something is missing that is told in another way: the next number skips nothing.
  void lose_place() { placed_ = false; }

  [[nodiscard]] std::uint64_t next() const { return next_; }
  [[nodiscard]] std::size_t holes() const { return holes_.size(); }
  // When the first hole may begin; UINT64_MAX: there is none.
  [[nodiscard]] std::uint64_t oldest_hole_ns() const {
    return holes_.empty() ? UINT64_MAX : holes_.begin()->second.between.begin_ns;
  }
  [[nodiscard]] std::size_t bytes() const {
    return (holes_.size() + given_up_.size()) * (sizeof(Hole) + 6 * sizeof(void*));
  }

 private:
  using Holes = std::map<std::uint64_t, Hole>;  // by their first number

  // Takes `count` numbers from `first` on out of the hole that has them all. False: none has.
  static bool take_out(Holes& holes, std::uint64_t first, std::uint64_t count);
  void skip_to(std::uint64_t number, Span skipped);
  void given_up(const Hole& hole);

  std::uint64_t next_{0};
  bool placed_{true};
  Holes holes_;
  Holes given_up_;  // the latest few, less what came late
};

}  // namespace wakepath::order
