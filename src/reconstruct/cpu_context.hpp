// SPDX-License-Identifier: GPL-2.0-or-later
// The state of one CPU: the interrupts and softirqs that lie over its current task, and the timer
// callback inside them. State is kept by CPU, never by task: idle is pid 0 on every CPU.
//
//   task | softirq? | irq or vector? | hrtimer callback?      (innermost last)
//
// A frame is pushed at its entry event and popped at its exit event; an exit without its entry, or
// a preempt_count that contradicts the frames, drops what can't be true any more.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "reconstruct/cause.hpp"
#include "reconstruct/cpu_timeline.hpp"
#include "wakepath/event.hpp"

namespace wakepath::reconstruct {

inline constexpr std::size_t kSoftirqs = 10;  // NR_SOFTIRQS, include/linux/interrupt.h

class CpuContext {
 public:
  explicit CpuContext(std::uint32_t cpu) : cpu_(cpu) {}

  // Before all else of each event of this CPU.
  void begin(const Event& event);
  void irq_entry(const Event& event);
  void irq_exit(const Event& event);
  void vector_entry(const Event& event);
  void vector_exit(const Event& event);
  // True: it says what the interrupt is that has been entered.
  bool ipi_entry(const Event& event);
  void ipi_exit(const Event& event);
  void hrtimer_entry(const Event& event);
  // True: this timer's callback ran to its end, and neither woke nor queued anything.
  bool hrtimer_exit(const Event& event);
  void softirq_raise(const Event& event, CausePtr by);
  void softirq_entry(const Event& event);
  void softirq_exit(const Event& event);
  void cpu_idle(const Event& event);
  // Something of this CPU was lost: nothing is known of its frames.
  void forget();

  // The task that is current, before and after a switch; `prio` only where the switch told it.
  void current_task(std::uint32_t tid);
  void switched_to(std::uint32_t tid, std::int32_t prio);
  // kvm_timer_update_irq: inside an interrupt that is the guest timer's.
  void timer_updated() {
    if (!frames_.empty() && frames_.back().kind == FrameKind::irq) {
      frames_.back().guest_timer = true;
    }
  }
  // An event that comes in no interrupt's context.
  void in_task() {
    changed_ = changed_ || !below_known_;
    below_known_ = true;
  }
  // The innermost frame, or the current task.
  [[nodiscard]] Holder holder() const;
  // Can holder() say anything else than when this was last asked?
  [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }

  // The interrupt or softirq that acts in `event`; null: the current task does, or (with `unknown`
  // set) a context whose entry was not seen.
  [[nodiscard]] std::shared_ptr<Cause> interrupt_cause(const Event& event, bool& unknown);

  enum class Which : std::uint8_t { first, last };
  // The first or the last moment of this kind in [begin_ns, end_ns].
  [[nodiscard]] std::optional<std::uint64_t> moment(Which which, MarkKind kind,
                                                    std::uint64_t begin_ns,
                                                    std::uint64_t end_ns) const;

 private:
  enum class FrameKind : std::uint8_t { irq, vector, ipi, softirq, bare };
  struct Frame {
    FrameKind kind{};
    std::uint64_t entry_ns{};
    std::uint64_t action{};
    std::uint32_t number{};  // irq, vector or softirq
    std::uint32_t tid{};     // softirq: the task that serves it, which PREEMPT_RT may preempt
    bool ipi{false};
    bool guest_timer{false};
    std::uint32_t ipi_reason{};
    // the timer whose callback runs, where one does
    bool timer{false};
    bool acted{false};
    std::uint64_t hrtimer{};
    std::uint64_t function{};
    std::uint64_t expiry_ns{};
    std::uint64_t callback_ns{};
    // softirq
    std::uint64_t raised_ns{};
    std::uint64_t served_before_ns{};
    CausePtr raised_by;
  };
  struct Raised {
    std::uint64_t at_ns{};
    CausePtr by;
  };

  void push(Frame frame);
  void pop_to(FrameKind kind, std::uint32_t number);
  void note(MarkKind kind, std::uint64_t at_ns);
  [[nodiscard]] std::shared_ptr<Cause> cause_of(const Frame& frame, std::uint64_t now_ns) const;

  std::uint32_t cpu_;
  std::vector<Frame> frames_;
  // The interrupt that has just asked for its thread: __handle_irq_event_percpu
  // (kernel/irq/handle.c) traces the handler's exit before it wakes the thread, and nothing is
  // traced in between.
  std::optional<Frame> wakes_thread_;
  std::array<std::optional<Raised>, kSoftirqs> raised_;
  // The last entry of each: between it and the raise that we know, an earlier raise may be missing.
  std::array<std::uint64_t, kSoftirqs> served_ns_{};
  // Recent moments, for the marks of a chain that passes over this CPU.
  struct Moment {
    MarkKind kind;
    std::uint64_t at_ns;
  };
  static constexpr std::uint64_t kMoments = 64;
  std::array<Moment, kMoments> moments_{};
  std::uint64_t noted_{0};
  bool below_known_{false};  // after a loss, an interrupt may lie under all that has been seen
  std::optional<std::uint32_t> tid_;
  std::int32_t prio_{kNoPrio};
  std::uint32_t idle_state_{kNoIdleState};  // the last that it was in since idle became current
  bool leaving_idle_{false};
  bool changed_{true};
};

}  // namespace wakepath::reconstruct
