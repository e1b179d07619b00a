// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen/minute.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace wakepath::screen {

namespace {

// A cell tells 1, 10, 100 and 1000 apart: more than it can hold is as good as what it holds.
void add_to(std::uint16_t& cell, std::uint32_t more) {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint16_t>::max();
  cell = static_cast<std::uint16_t>(std::min(kMost, cell + more));
}

}  // namespace

Minute::Column* Minute::reach(std::uint64_t column) {
  const std::size_t place = column % kColumns;
  Column& at = columns_[place];
  if (at.number != column) {
    if (at.number > column) {
      return nullptr;
    }
    at = {column, 0, 0};
    if (map_) {
      (*map_)[place] = {};
    }
  }
  return &at;
}

const Minute::Column* Minute::find(std::uint64_t column) const {
  const Column& at = columns_[column % kColumns];
  return at.number == column ? &at : nullptr;
}

void Minute::add(std::uint64_t column) {
  if (Column* const at = reach(column); at != nullptr) {
    ++at->wakes;
  }
}

void Minute::add(std::uint64_t column, std::uint64_t ns) {
  Column* const at = reach(column);
  if (at == nullptr) {
    return;
  }
  ++at->wakes;
  at->longest_ns = std::max(at->longest_ns, ns);
  if (!map_) {
    map_ = std::make_unique<Map>();
  }
  add_to((*map_)[column % kColumns][heat_row_of(ns)], 1);
}

// Before any column has been used twice: each stands in its own place.
void Minute::fold() {
  for (std::size_t i = 0; i < kColumns; ++i) {
    Column joined{i, 0, 0};
    std::array<std::uint16_t, kHeatRows> cells{};
    for (std::size_t part = 2 * i; part < 2 * i + 2 && part < kColumns; ++part) {
      if (columns_[part].number != part) {
        continue;
      }
      joined.longest_ns = std::max(joined.longest_ns, columns_[part].longest_ns);
      joined.wakes += columns_[part].wakes;
      for (std::size_t row = 0; map_ && row < kHeatRows; ++row) {
        add_to(cells[row], (*map_)[part][row]);
      }
    }
    columns_[i] = joined;
    if (map_) {
      (*map_)[i] = cells;
    }
  }
}

void Minute::add(const Minute& other) {
  for (std::size_t place = 0; place < kColumns; ++place) {
    const Column& from = other.columns_[place];
    if (from.wakes == 0) {
      continue;
    }
    Column* const to = reach(from.number);
    if (to == nullptr) {
      continue;
    }
    to->wakes += from.wakes;
    to->longest_ns = std::max(to->longest_ns, from.longest_ns);
    if (other.map_) {
      map_ = map_ ? std::move(map_) : std::make_unique<Map>();
      for (std::size_t row = 0; row < kHeatRows; ++row) {
        add_to((*map_)[place][row], (*other.map_)[place][row]);
      }
    }
  }
}

std::uint64_t Minute::wakes(std::uint64_t column) const {
  const Column* const at = find(column);
  return at == nullptr ? 0 : at->wakes;
}

std::uint64_t Minute::longest(std::uint64_t column) const {
  const Column* const at = find(column);
  return at == nullptr ? 0 : at->longest_ns;
}

std::uint64_t Minute::count(std::uint64_t column, std::size_t row) const {
  return find(column) == nullptr || !map_ ? 0 : (*map_)[column % kColumns][row];
}

}  // namespace wakepath::screen
