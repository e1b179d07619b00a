// SPDX-License-Identifier: GPL-2.0-or-later
// Events that wait until what follows has told the rest of them: whose thread it is that runs or is
// woken, which action an interrupt has, whether the trace has the tracepoint itself. They leave in
// the order in which they came, at most some ten thousand later.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "import/trace_event.hpp"
#include "util/seeded_hash.hpp"

namespace wakepath::foreign::graph {

class EventQueue {
 public:
  struct Held {
    TraceEvent event;  // its names are below
    std::string comm, name, other_comm;
    std::optional<TraceLoss> loss;  // in place of an event
    bool derived{false};            // from functions, not from a tracepoint
    bool waits{false};
    bool dropped{false};
    bool task_known{true};
  };

  // A number by which find() has it.
  std::uint64_t push(Held held);
  // Null: it has left.
  Held* find(std::uint64_t number);
  // It turned out to be none.
  void drop(std::uint64_t number);

  // The trace has this tracepoint: what functions say of it is left out.
  void has_tracepoint(wp_event_kind kind);
  // Which thread ran on this CPU up to now, as far as it was not known.
  void task(std::uint32_t cpu, std::string_view comm, std::uint32_t tid);

  // There is something that can go.
  [[nodiscard]] bool full() const;
  // Hands on what can go. `all`: nothing follows.
  Result<void> release(TraceSink& sink, bool all);

  [[nodiscard]] std::uint64_t wakings_left_out() const { return wakings_; }
  [[nodiscard]] std::uint64_t tasks_unknown() const { return tasks_; }

 private:
  struct Task {
    std::uint32_t tid{};
    std::string comm;
  };

  Result<void> hand_on(Held& held, TraceSink& sink);

  std::deque<Held> held_;
  std::uint64_t gone_{0};
  std::array<bool, WP_EVENT_KINDS> tracepoint_{};
  SeededMap<std::uint32_t, Task> first_tasks_;  // by CPU
  std::uint64_t wakings_{0};
  std::uint64_t tasks_{0};
};

}  // namespace wakepath::foreign::graph
