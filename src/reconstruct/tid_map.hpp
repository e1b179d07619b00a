// SPDX-License-Identifier: GPL-2.0-or-later
// Values by thread id: a table of small slots, looked through with each event, and the values
// themselves, which stay where they are until they are erased.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "util/seeded_hash.hpp"

namespace wakepath::reconstruct {

template <typename T>
class TidMap {
 public:
  [[nodiscard]] T* find(std::uint32_t tid) {
    return const_cast<T*>(std::as_const(*this).find(tid));
  }
  [[nodiscard]] const T* find(std::uint32_t tid) const {
    if (slots_.empty()) {
      return nullptr;
    }
    const Slot& slot = slots_[place_of(tid)];
    return slot.value == kFree ? nullptr : &values_[slot.value];
  }
  T& operator[](std::uint32_t tid) {
    if (2 * (size_ + 1) > slots_.size()) {
      grow();
    }
    Slot& slot = slots_[place_of(tid)];
    if (slot.value == kFree) {
      slot = {tid, take_value()};
      ++size_;
    }
    return values_[slot.value];
  }
  void erase(std::uint32_t tid);
  [[nodiscard]] std::size_t size() const { return size_; }
  // The thread ids, ascending.
  [[nodiscard]] std::vector<std::uint32_t> tids() const;

 private:
  static constexpr std::uint32_t kFree = UINT32_MAX;
  struct Slot {
    std::uint32_t tid{};
    std::uint32_t value{kFree};  // index into values_
  };

  // Where it stands, or would stand. At most half of the slots are taken.
  [[nodiscard]] std::size_t place_of(std::uint32_t tid) const {
    std::size_t at = home_of(tid);
    while (slots_[at].value != kFree && slots_[at].tid != tid) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }
  [[nodiscard]] std::size_t home_of(std::uint32_t tid) const {
    return hash_(tid) & (slots_.size() - 1);
  }
  std::uint32_t take_value() {
    if (unused_.empty()) {
      values_.emplace_back();
      return static_cast<std::uint32_t>(values_.size() - 1);
    }
    const std::uint32_t value = unused_.back();
    unused_.pop_back();
    return value;
  }
  void grow();

  SeededHash hash_;
  std::vector<Slot> slots_;  // a power of two
  std::deque<T> values_;
  std::vector<std::uint32_t> unused_;
  std::size_t size_{0};
};

template <typename T>
void TidMap<T>::grow() {
  constexpr std::size_t kFirst = 64;
  const std::vector<Slot> old = std::exchange(slots_, {});
  slots_.resize(old.empty() ? kFirst : 2 * old.size());
  for (const Slot& slot : old) {
    if (slot.value != kFree) {
      slots_[place_of(slot.tid)] = slot;
    }
  }
}

template <typename T>
void TidMap<T>::erase(std::uint32_t tid) {
  if (find(tid) == nullptr) {
    return;
  }
  std::size_t hole = place_of(tid);
  values_[slots_[hole].value] = T{};
  unused_.push_back(slots_[hole].value);
  slots_[hole].value = kFree;
  --size_;
  // What had to pass the hole on its way moves up.
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = (hole + 1) & mask; slots_[at].value != kFree; at = (at + 1) & mask) {
    const std::size_t home = home_of(slots_[at].tid);
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      slots_[hole] = std::exchange(slots_[at], Slot{});
      hole = at;
    }
  }
}

template <typename T>
std::vector<std::uint32_t> TidMap<T>::tids() const {
  std::vector<std::uint32_t> all;
  for (const Slot& slot : slots_) {
    if (slot.value != kFree) {
      all.push_back(slot.tid);
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace wakepath::reconstruct
