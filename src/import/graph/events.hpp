// SPDX-License-Identifier: GPL-2.0-or-later
// The events that tracepoints would have given, from calls. What calls do not tell stays zero or
// left out: an IRQ's number, a timer's address and expiry, priorities, an idle state. A waking
// whose wakee is not certain is left out. A work item has an id that is no address
// (work_joiner.hpp). A sleeping thread's prev_state is 1, whatever kind of sleep it is.
//
// Where the trace has the tracepoints too (comments), those of that sort are taken instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "import/graph/calls.hpp"
#include "import/graph/event_queue.hpp"
#include "import/graph/wake_joiner.hpp"
#include "import/graph/work_joiner.hpp"
#include "util/seeded_hash.hpp"

namespace wakepath::foreign::graph {

class GraphEvents final : public CallVisitor {
 public:
  void enter(const Where& where, Thread& thread) override;
  void leave(const Where& where, Thread& thread, std::optional<std::uint64_t> duration) override;
  void drop(const Where& where, Thread& thread) override;
  void comment(const Where& where, Thread& thread, std::string_view text) override;
  void switched(const Where& where, Thread& before, Thread& next, bool sleeps) override;
  void named(std::uint32_t cpu, Thread& thread) override;
  void lost(const TraceLoss& loss) override;

  [[nodiscard]] std::vector<std::string> problems() const;
  // "aarch64", "x86_64", as the functions' names say; empty: they do not.
  [[nodiscard]] const std::string& arch() const { return arch_; }
  EventQueue& queue() { return queue_; }
  [[nodiscard]] const EventQueue& queue() const { return queue_; }

 private:
  static constexpr std::uint64_t kNone = UINT64_MAX;
  static constexpr std::size_t kVcpuThreads = 16'384;

  struct Cpu {
    std::uint64_t waits{kNone};  // an interrupt or IPI whose name the next call tells
    bool in_task{false};         // a switch was seen: no interrupt lies below
  };
  struct Vcpu {
    bool known{false};      // it is one
    bool confirm{false};    // switched in; what it does next tells whether it was asleep
    bool came_back{false};  // the same, until it leaves what it did then
    bool in_guest{false};
    std::uint64_t exit{kNone};  // its last exit, whose reason is still to come
  };

  EventQueue::Held held(const Where& where, const Thread& thread, wp_event_kind kind) const;
  std::uint64_t push(const Where& where, const Thread& thread, wp_event_kind kind);
  [[nodiscard]] std::uint8_t context(std::uint32_t cpu, const Thread& thread) const;

  void name_waiting(Cpu& cpu, const Frame& call);
  void enter_handler(const Where& where, Thread& thread);
  void enter_wake(const Where& where, Thread& thread);
  void enter_child(const Where& where, Thread& thread);
  void enter_kvm(const Where& where, Thread& thread);
  void leave_kvm(const Where& where, Thread& thread);
  void guest_entry(const Where& where, Thread& thread, Vcpu& vcpu);
  void guest_exit(const Where& where, Thread& thread, Vcpu& vcpu);
  void exit_reason(Vcpu& vcpu, std::int32_t ret, std::uint32_t esr_ec);
  void woken(const std::optional<WakeJoiner::Found>& found, const Thread& thread);

  std::string arch_;
  std::uint64_t last_work_{0};   // id of a work item
  std::uint64_t unreadable_{0};  // comments
  std::uint64_t unreadable_line_{0};
  EventQueue queue_;
  WorkJoiner works_;
  WakeJoiner wakes_;
  SeededMap<std::uint32_t, Cpu> cpus_;
  SeededMap<std::uint32_t, Vcpu> vcpus_;  // by tid
};

}  // namespace wakepath::foreign::graph
