// SPDX-License-Identifier: GPL-2.0-or-later
// The events of one CPU that are not told yet. A ring holds them almost in the order of time: where
// a program was interrupted between reading the clock and writing, its event stands a little behind
// the events of its interrupter. Events of one time stay in the order in which they came.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "wakepath/event.hpp"

namespace wakepath::order {

class CpuQueue {
 public:
  void push(const Event& event) {
    if (run_.empty() || run_.back().time_ns <= event.time_ns) {
      run_.push_back(event);
    } else {
      strays_.emplace(event.time_ns, event);
    }
  }
  // The events older than `watermark_ns`, in order. They stay until drop(), which comes next.
  std::span<const Event> older_than(std::uint64_t watermark_ns);
  // Drops the events that older_than() gave.
  void drop();

  // Gives back memory that a queue needed once, if little of it is in use.
  void shrink();

  [[nodiscard]] std::size_t size() const { return run_.size() - begin_ + strays_.size(); }
  // The time of the oldest; UINT64_MAX: there is none.
  [[nodiscard]] std::uint64_t oldest_ns() const {
    return std::min(begin_ == run_.size() ? UINT64_MAX : run_[begin_].time_ns,
                    strays_.empty() ? UINT64_MAX : strays_.begin()->first);
  }
  // The room for events, reserved or in use.
  [[nodiscard]] std::size_t room_bytes() const {
    return (run_.capacity() + mixed_.capacity() + strays_.size()) * sizeof(Event);
  }
  // What their order takes beside that.
  [[nodiscard]] std::size_t node_bytes() const { return strays_.size() * 6 * sizeof(void*); }

 private:
  std::vector<Event> run_;    // in order of time; from begin_ on
  std::size_t begin_{0};      // what stands before it has been told
  std::size_t told_{0};       // of run_, from begin_
  std::vector<Event> mixed_;  // older_than's result where strays are in it
  // Events that came after younger ones. A hostile file may hold any order, so none is moved
  // through the others.
  std::multimap<std::uint64_t, Event> strays_;
};

}  // namespace wakepath::order
