// SPDX-License-Identifier: GPL-2.0-or-later
// What the last minute was like, in 60 columns of time: how many wakes ended in each, the longest
// of them, and how many were how long.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "wakepath/heat_map.hpp"

namespace wakepath::screen {

// Columns are numbered from the begin on. While a run is shorter than a minute, they are as wide as
// it takes to fill them: 1/64 s, 1/32 s, ... 1 s.
class TimeColumns {
 public:
  static constexpr std::size_t kColumns = 60;
  static constexpr std::uint64_t kWidestNs = 1'000'000'000;

  void begin(std::uint64_t ns) { begin_ns_ = ns; }
  [[nodiscard]] std::uint64_t begin_ns() const { return begin_ns_; }
  [[nodiscard]] std::uint64_t width_ns() const { return width_ns_; }
  [[nodiscard]] std::uint64_t column_of(std::uint64_t ns) const {
    return ns <= begin_ns_ ? 0 : (ns - begin_ns_) / width_ns_;
  }
  // Is a moment past the last of the columns, and can they be twice as wide?
  [[nodiscard]] bool should_fold(std::uint64_t ns) const {
    return column_of(ns) >= kColumns && width_ns_ < kWidestNs;
  }
  void fold() { width_ns_ *= 2; }

 private:
  std::uint64_t begin_ns_{0};
  std::uint64_t width_ns_{kWidestNs / 64};
};

class Minute {
 public:
  static constexpr std::size_t kColumns = TimeColumns::kColumns;
  // A wake that ended in `column`; without a total it counts alone.
  void add(std::uint64_t column);
  void add(std::uint64_t column, std::uint64_t ns);
  void fold();
  void add(const Minute& other);

  // Of columns up to `now`, which need not have any wake.
  [[nodiscard]] std::uint64_t wakes(std::uint64_t column) const;
  [[nodiscard]] std::uint64_t longest(std::uint64_t column) const;
  [[nodiscard]] std::uint64_t count(std::uint64_t column, std::size_t row) const;

 private:
  using Map = std::array<std::array<std::uint16_t, kHeatRows>, kColumns>;
  struct Column {
    std::uint64_t number{0};
    std::uint64_t longest_ns{0};
    std::uint32_t wakes{0};
  };
  // nullptr: it is too old.
  Column* reach(std::uint64_t column);
  [[nodiscard]] const Column* find(std::uint64_t column) const;

  std::array<Column, kColumns> columns_;
  std::unique_ptr<Map> map_;
};

}  // namespace wakepath::screen
