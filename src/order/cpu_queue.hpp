// SPDX-License-Identifier: GPL-2.0-or-later
// The events of one CPU that are not told yet. A ring holds them almost in the order of time: where
// a program was interrupted between reading the clock and writing, its event stands a little behind
// the events of its interrupter. Events of one time stay in the order in which they came.
#pragma once

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

  [[nodiscard]] std::size_t size() const { return run_.size() - begin_ + strays_.size(); }

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
