// SPDX-License-Identifier: GPL-2.0-or-later
// The wakes of a function_graph trace, each as a list of its steps: from the interrupt that began
// it to the vCPU's next sleep, and what its CPU does then.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "import/graph/calls.hpp"
#include "import/graph/wake_joiner.hpp"
#include "import/graph/wake_outline.hpp"
#include "import/graph/work_joiner.hpp"

namespace wakepath::foreign::graph {

class GraphOutline final : public CallVisitor {
 public:
  void enter(const Where& where, Thread& thread) override;
  void leave(const Where& where, Thread& thread, std::optional<std::uint64_t> duration) override;
  void drop(const Where& where, Thread& thread) override;
  void comment(const Where& where, Thread& thread, std::string_view text) override;
  void switched(const Where& where, Thread& before, Thread& next, bool sleeps) override;
  void named(std::uint32_t cpu, Thread& thread) override;
  void lost(const TraceLoss& loss) override;

  // Nothing follows.
  void finish();
  // Those that are complete, in the order in which they were.
  std::vector<OutlineWake> take();

 private:
  static constexpr std::size_t kOpenWakes = 256;

  struct Origin {
    std::uint64_t from{};  // step
    std::uint32_t cpu{};
    std::optional<std::uint32_t> worker;  // tid
  };
  struct Queued {
    std::uint64_t id{};
    Origin origin;
  };
  struct Open {
    Origin origin;
    std::uint64_t waking{};  // step; that of the switch, where the waking was not seen
    std::uint32_t waking_cpu{};
    std::uint32_t cpu{};  // of the vCPU
    std::optional<std::uint32_t> tid;
    std::string comm;
    bool cause_seen{false};
    bool slept{false};
    bool to_idle{false};   // its CPU goes idle then, and the wake ends with that sleep
    std::uint64_t end{0};  // step; 0: not yet
  };
  struct Step {
    OutlineStep step;
    bool in_interrupt{false};
    bool dropped{false};
    std::uint64_t end{UINT64_MAX};  // number of the first step after it
  };

  Step* find(std::uint64_t number);
  Step& add(const Where& where, const Thread& thread, OutlineKind kind);
  // Of the last call of the stack.
  void add_call(const Where& where, Thread& thread, OutlineKind kind);
  [[nodiscard]] std::uint64_t last() const { return gone_ + steps_.size() - 1; }
  [[nodiscard]] Origin origin_here(const Where& where, const Thread& thread) const;
  void enter_wake(const Where& where, Thread& thread);
  void enter_work(const Where& where, Thread& thread);
  void leave_step(const Where& where, Thread& thread, std::optional<std::uint64_t> duration);
  void found(const std::optional<WakeJoiner::Found>& found, const Where& where,
             const Thread& thread);
  void unseen(const Where& where, const Thread& thread);
  void leaves_cpu(const Where& where, const Thread& thread, bool blocked, bool to_idle);
  void complete(Open& open);
  void complete_done();
  [[nodiscard]] bool belongs(const Step& step, std::uint64_t number, const Open& open) const;
  void trim();

  std::deque<Step> steps_;
  std::uint64_t gone_{1};                    // steps are numbered from 1
  std::map<std::uint64_t, Origin> wakings_;  // by step; of vCPUs, not joined yet
  std::deque<Queued> queued_;
  std::map<std::uint32_t, Origin> runs_;  // by tid: the work item that it runs
  std::deque<Open> open_;
  std::map<std::uint32_t, bool> entering_;  // by tid: its guest's run is still to come
  std::vector<OutlineWake> complete_;
  WorkJoiner works_;
  WakeJoiner wakes_;
};

}  // namespace wakepath::foreign::graph
