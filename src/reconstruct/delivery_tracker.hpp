// SPDX-License-Identifier: GPL-2.0-or-later
// Timers of a guest that was not asleep when they fired: no wake, but late or not all the same.
//
//   loaded on its CPU:   IRQ "kvm guest vtimer" -> kvm_timer_update_irq -> kvm_entry
//   preempted, or in     (its deadline: no event of the host) -> load: kvm_timer_update_irq, with
//   user space:          the deadline as KVM saved it -> kvm_entry
//   before 4.15:         the interrupt makes the guest exit, and no handler runs
//                        (virt/kvm/arm/arch_timer.c): kvm_exit -> kvm_timer_update_irq -> kvm_entry
//
// ARM64 alone has these events.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reconstruct/blame.hpp"
#include "reconstruct/cause.hpp"
#include "reconstruct/fact_store.hpp"
#include "reconstruct/loss_log.hpp"
#include "reconstruct/sleep_log.hpp"
#include "reconstruct/tid_map.hpp"
#include "wakepath/event.hpp"
#include "wakepath/wake_chain.hpp"

namespace wakepath::reconstruct {

class DeliveryTracker {
 public:
  // Explains the stages and hands the delivery on.
  using Emit = std::function<void(Delivery&&, const std::vector<StageBasis>&)>;

  DeliveryTracker(const FactStore& facts, const LossLog& losses, Emit emit)
      : facts_(facts), losses_(losses), emit_(std::move(emit)) {}

  // irq_handler_entry of an IRQ that facts call a guest timer, over the vCPU's thread.
  void guest_timer_irq(const Event& event);
  // Its irq_handler_exit.
  void guest_timer_irq_over(const Event& event);
  // Of a vCPU's thread.
  void waking(const Event& event);
  void switched_out(const Event& event);
  // To a vCPU's thread.
  void switched_in(const Event& event);
  void migrate(const Event& event);
  // `woken_ns`: since when the vCPU is on its way out of a sleep, if it is: the wake tells of the
  // timers that have fired since.
  void kvm_event(const Event& event, std::optional<std::uint64_t> woken_ns);
  // The guest timer's interrupt that came since the vCPU last entered its guest: what ended a halt
  // polling, and then no delivery. Null: there was none.
  CausePtr take_poll_end(std::uint32_t tid);
  // A deadline that passed while the vCPU was off its CPU ended the poll that is told now.
  bool ended_poll(std::uint32_t tid);
  void exited(std::uint32_t tid) { vcpus_.erase(tid); }

 private:
  struct Pending {
    std::uint64_t begin_ns{};
    std::uint64_t rests_on_ns{};
    std::uint64_t injected_ns{};  // 0: not yet
    std::uint32_t irq_cpu{};
    std::uint32_t irq{};
    std::uint64_t action{};   // 0: no interrupt told, the deadline is the guest's own
    bool by_exit{};           // the interrupt made the guest exit, and no handler told it
    std::uint64_t back_ns{};  // without an interrupt: sched_in, or the load from user space
    std::uint32_t back_cpu{};
    std::optional<std::uint32_t> off_cpu;  // where it was taken off
    std::vector<CpuMove> moves;
    std::vector<SleepSpan> sleeps;
    Flags flags;
  };
  struct Vcpu {
    std::uint64_t first_seen_ns{};
    std::uint64_t put_ns{};   // when it was last taken off its CPU, or left to user space
    bool due_since_before{};  // found due after it had been off its CPU since before the capture
    std::uint32_t put_cpu{};
    std::uint64_t in_ns{};  // when it last came back onto a CPU inside KVM_RUN
    std::uint32_t in_cpu{};
    std::vector<CpuMove> moves;  // since put_ns
    SleepLog sleeps;             // the same
    std::uint64_t last_irq_ns{};
    std::uint64_t exit_ns{};  // when an interrupt made the guest exit; 0: it has done more since
    std::array<std::uint64_t, 2> told_cval{};  // ptimer, vtimer
    std::optional<Pending> pending;
  };

  Vcpu& vcpu(const Event& event);
  // Off its CPU, or out to user space.
  static void put(const Event& event, Vcpu& vcpu);
  void timer_updated(const Event& event, Vcpu& vcpu, bool woken);
  void due_at_load(const Event& event, Vcpu& vcpu);
  void due_at_exit(const Event& event, Vcpu& vcpu);
  void entered(const Event& event, Vcpu& vcpu);

  const FactStore& facts_;
  const LossLog& losses_;
  Emit emit_;
  TidMap<Vcpu> vcpus_;
};

}  // namespace wakepath::reconstruct
