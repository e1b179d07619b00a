// SPDX-License-Identifier: GPL-2.0-or-later
// One wake of one vCPU, from its cause to the moment the guest runs again.
//
// All times are CLOCK_MONOTONIC nanoseconds of the traced host. stages[i].end_ns ==
// stages[i+1].begin_ns, stages.front().begin_ns == begin_ns, stages.back().end_ns == end_ns: the
// stages sum to the total. Sub-stages lie inside their stage. What is not known is nullopt or
// empty.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wakepath/interrupt.hpp"

namespace wakepath {

enum class StageKind : std::uint8_t {
  timer_latency,   // expiry -> irq_handler_entry of the IRQ that runs it
  irq_entry,       // irq_handler_entry -> hrtimer_expire_entry, softirq raise, queueing or waking
  timer_callback,  // hrtimer_expire_entry -> its queueing or waking
  softirq_delay,   // raise -> entry
  softirq_run,     // entry -> its queueing or waking
  work_delay,      // queue_work -> execute_start
  work_run,        // execute_start -> next queueing or waking
  task_delay,      // waking of an intermediate task -> its sched_in
  task_run,        // its sched_in -> its queueing or waking
  wake_delay,      // sched_waking of the vCPU -> its sched_in
  deschedule,      // the guest's deadline -> sched_in of a preempted vCPU
  poll_exit,       // waking, or the guest timer's IRQ -> kvm_vcpu_wakeup: halt polling succeeded
  vcpu_entry,      // sched_in, or the end of poll_exit -> kvm_entry
};
inline constexpr std::size_t kStageKinds = 13;

enum class RootKind : std::uint8_t { timer, irq, softirq, ipi, task, guest_ipi, signal, unknown };
enum class HopKind : std::uint8_t { timer, irq, softirq, ipi, work, task, vcpu };
enum class BlameKind : std::uint8_t {
  self,
  task,
  hardirq,
  softirq,
  idle_exit,
  ipi,
  unexplained,
  limit,  // the thread was not let run: cpu.max, real-time throttling, the freezer
};
enum class EndsAt : std::uint8_t { kvm_entry, sched_in };

// Moments that a person would note beside the stages' own boundaries.
enum class MarkKind : std::uint8_t {
  irq_exit,     // the root's or a hop's IRQ ended
  idle_exit,    // a CPU that the chain waits for left its idle state
  waking,       // sched_waking of a worker or an intermediate task; name = task
  wakeup,       // sched_wakeup: queued on its CPU; name = task
  sched_in,     // switch to a worker, an intermediate task; name = task
  migrated,     // the woken task moved to `cpu`
  preempted,    // the woken vCPU lost its CPU before guest entry, or (named) had to wait
  injection,    // kvm_timer_update_irq(level 1); name = "PPI 27"
  vcpu_wakeup,  // kvm_vcpu_wakeup: left the blocking loop
  guest_exit,   // kvm_exit after the run; name = reason
  user_exit,    // kvm_userspace_exit before guest entry; name = reason
  sched_out,    // the vCPU blocked again
  idle,         // its CPU switched to idle
};

enum class Flag : std::uint8_t {
  lossy,
  no_root,
  no_entry,
  cut,
  reblocked,
  migrated,
  early,
  halt_poll,
  preempted,
  restarted_timer,
  missed_program,
  no_expiry,  // when the timer was due is not known: the chain begins at its interrupt
  untimed,    // of a trace without times: the order is known, no length is
};
inline constexpr std::size_t kFlags = 13;

class Flags {
 public:
  void set(Flag flag) { bits_ |= bit(flag); }
  [[nodiscard]] bool has(Flag flag) const { return (bits_ & bit(flag)) != 0; }
  bool operator==(const Flags&) const = default;

 private:
  static constexpr std::uint32_t bit(Flag flag) { return 1U << static_cast<unsigned>(flag); }
  std::uint32_t bits_{0};
};

// The names of the output contract ("timer_latency", "guest_ipi", "no_root", ...).
std::string_view name_of(StageKind kind);
std::string_view name_of(RootKind kind);
std::string_view name_of(HopKind kind);
std::string_view name_of(BlameKind kind);
std::string_view name_of(EndsAt where);
std::string_view name_of(MarkKind kind);
std::string_view name_of(Flag flag);

struct SubStage {
  std::string name;
  std::uint64_t begin_ns{};
  std::uint64_t end_ns{};
  std::optional<std::uint32_t> idle_state{};  // the CPU's, where it was idle and told it
};

struct Blame {
  BlameKind kind{};
  std::string what;  // task, IRQ, softirq; with the callback that ran in it
  std::uint64_t ns{};
  std::optional<std::uint32_t> tid{};  // of a task
  std::optional<std::int32_t> prio{};  // of a task: kernel priority, as struct wp_wake's
  InterruptPtr interrupt{};            // of a hardirq; null: nothing is known but its name
  std::uint64_t asleep_ns{};           // of it, while the vCPU's thread itself slept on its way
};

struct Stage {
  StageKind kind{};
  std::uint64_t begin_ns{};
  std::uint64_t end_ns{};
  std::uint32_t cpu{};  // where it ended
  std::string actor;    // IRQ, function or thread
  std::vector<SubStage> sub;
  std::vector<Blame> blame;  // sums to the stage where not empty
};

struct Hop {
  HopKind kind{};
  std::string name;
  std::uint32_t cpu{};
  std::optional<std::uint32_t> tid;
  std::uint64_t at_ns{};
};

struct Root {
  RootKind kind{RootKind::unknown};
  std::optional<std::uint32_t> cpu;
  std::optional<std::uint32_t> irq;
  std::string irq_name;  // empty: none
  std::string function;  // empty: none
  std::optional<std::uint64_t> expiry_ns;
  InterruptPtr interrupt;  // null: nothing is known but its number and name
};

struct Mark {
  MarkKind kind{};
  std::uint64_t at_ns{};
  std::uint32_t cpu{};
  std::string name;
};

// Who the vCPU is. `vm` is a name from outside: escape it before it is shown.
struct VcpuIdentity {
  std::string vm;                       // "?" where nothing is known of it
  std::optional<std::uint32_t> vm_pid;  // process of the VMM
  std::optional<std::uint32_t> vcpu;    // index
  std::uint32_t tid{};
};

// The guest left.
struct GuestExit {
  std::uint64_t at_ns{};
  std::string reason;
};

struct WakeChain {
  VcpuIdentity who;
  std::string path;
  Root root;
  std::vector<Hop> hops;  // from the root to the vCPU
  std::uint64_t begin_ns{};
  std::uint64_t end_ns{};
  EndsAt ends_at{EndsAt::kvm_entry};
  std::vector<Stage> stages;
  std::vector<Mark> marks;  // in time order; those after end_ns belong to the run that followed
  std::optional<std::uint64_t> blocked_ns;  // sched_out -> waking
  std::optional<std::uint64_t> ran_ns;      // end -> blocked again
  std::optional<std::uint64_t>
      polled_ns{};  // halted -> sched_out: polling in vain; nullopt: not known
  std::optional<std::map<std::string, std::uint64_t>>
      exits;                            // by reason, while it ran; nullopt: kvm_exit off
  std::optional<GuestExit> first_exit;  // the first after the end; nullopt: not seen, or not known
  // What the embedded guest said itself: how far after its deadline it read its counter, and when
  // that was on the host's clock.
  std::optional<std::int64_t> guest_lateness_ns;
  std::optional<std::uint64_t> guest_woke_ns;
  Flags flags;
  std::uint64_t id{};  // its number among all wakes of the stream, from 1; 0: none was given
  std::optional<std::uint64_t> realtime_ns{};  // CLOCK_REALTIME of its begin; nullopt: not known

  [[nodiscard]] std::uint64_t total_ns() const { return end_ns - begin_ns; }
  // Every stage from the root to kvm_entry is known, and no loss can have touched it.
  [[nodiscard]] bool complete() const {
    return !flags.has(Flag::lossy) && !flags.has(Flag::no_root) && !flags.has(Flag::no_entry) &&
           !flags.has(Flag::cut) && !flags.has(Flag::missed_program) &&
           !flags.has(Flag::no_expiry) && !flags.has(Flag::untimed);
  }
};

// The vCPU ran in the guest when its timer fired: not a wake.
struct Delivery {
  VcpuIdentity who;
  std::uint64_t begin_ns{};
  std::uint64_t end_ns{};
  std::vector<Stage> stages;
  Flags flags;
};

}  // namespace wakepath
