// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of the kernel's functions by their names, on arm64 from 4.14 to 7.2 and, where it
// is evident, on x86_64.
#pragma once

#include <cstdint>
#include <string_view>

namespace wakepath::foreign::graph {

enum class Role : std::uint8_t {
  other,
  interrupt,        // outermost of a hard interrupt
  vector,           // x86_64: of the local timer
  ipi,              // arm64 up to 5.9: IPIs are no interrupts with a handler
  ipi_body,         // tells what an IPI is for
  irq_handler,      // irq_handler_entry and _exit stand in it; calls the action's handler
  irq_plumbing,     // called there too, and is no handler
  timer_interrupt,  // of the host's own timer
  run_hrtimers,     // calls the callbacks of hrtimers
  hrtimer_plumbing,
  softirqs,  // calls the softirqs' actions
  softirq,   // an action
  queue_work,
  insert_work,    // wakes a worker
  run_work,       // calls the function of a work item
  work_plumbing,  // called there too
  wake,           // sched_waking stands in it
  enqueue,        // called by it only if it wakes
  wake_vcpu,      // of KVM: the wakee is a vCPU's thread
  wake_waiter,    // one that KVM uses, and others
  schedule,       // sched_switch stands in it
  dequeue,        // called by it only if the task goes to sleep
  idle,           // the CPU sleeps in it
  idle_loop,      // and around it
  idle_exit,      // what is done before the CPU is of use
  kvm_load,       // the vCPU's state is loaded
  kvm_block,      // of a vCPU that waits
  kvm_unblock,
  kvm_flush,   // before guest entry
  kvm_inject,  // an interrupt is made pending for the guest
  kvm_setup,   // right before guest entry
  kvm_run,     // the guest runs in it
  kvm_clear,   // right after guest exit, where kvm_run's functions are not traced
  kvm_exit,    // the exit is handled
  kvm_exit_reason,
  kvm_mmio,   // an access of the guest to what is no memory
  kvm_ioctl,  // VCPU_RUN
};

// Of a function without its suffix.
Role role_of(std::string_view name);

// Softirq actions: their vector (include/linux/interrupt.h); 255: none.
std::uint8_t softirq_vector(std::string_view action);

// "aarch64", "x86_64" of a function that only one of them has; else empty.
std::string_view arch_of(std::string_view name);

// Tracing itself, locks and lists: never a handler, a callback or a work function.
bool is_plumbing(std::string_view name);

}  // namespace wakepath::foreign::graph
