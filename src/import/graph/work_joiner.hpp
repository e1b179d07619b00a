// SPDX-License-Identifier: GPL-2.0-or-later
// Which queueing of a work item a run of one goes back to. Functions tell neither the item's
// address nor, at its queueing, what it will call: each has an id, and a run has that of a queueing
// only where nesting and order make it certain.
//
// A pool runs its items in the order in which they were queued (struct worker_pool.worklist), and a
// queueing wakes a worker only if none is on its way (need_more_worker()): one that has woken a
// worker is the first of its pool's list. From there on, those of one kind on one CPU are counted
// off in order. A kind is a function of KVM's or aio's together with the functions that queue it;
// all others are one kind, of which only a single one may be open.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "import/graph/calls.hpp"

namespace wakepath::foreign::graph {

class WorkJoiner {
 public:
  // `id`: the caller's. A queueing has ended; the stack is that of its call, outermost first.
  void queued(std::uint32_t cpu, std::uint64_t id, std::span<const Frame> stack, bool woke_worker);
  // The id of what runs now; nullopt: whose queueing that is is not certain.
  std::optional<std::uint64_t> started(std::uint32_t cpu, std::string_view function);
  // Events of this CPU are lost.
  void forget(std::uint32_t cpu);

 private:
  struct Kind {
    std::uint32_t cpu{};
    std::uint32_t number{};
    auto operator<=>(const Kind&) const = default;
  };

  std::map<Kind, std::deque<std::uint64_t>> open_;
};

}  // namespace wakepath::foreign::graph
