// SPDX-License-Identifier: GPL-2.0-or-later
// Names of interrupts and of the parts of a wait.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wakepath::reconstruct {

// enum of include/linux/interrupt.h: "NET_RX", "HRTIMER".
std::string softirq_label(std::uint32_t vector);
// enum wp_ipi_reason: "reschedule", "call_function".
std::string_view ipi_label(std::uint32_t reason);
// "SIGUSR1", "signal 35".
std::string signal_label(std::uint32_t number);

// Sub-stages: of a thread's wait for its CPU, from its waking to its sched_in
inline constexpr const char* kIpiFlight = "ipi_flight";
inline constexpr const char* kIdleExit = "idle_exit";
inline constexpr const char* kRunQueueDelay = "run_queue_delay";
// of work_delay, around that
inline constexpr const char* kWorkerWaking = "worker_waking";
inline constexpr const char* kWorkerStart = "worker_start";
// of vcpu_entry: up to kvm_timer_update_irq, kvm_vcpu_wakeup, kvm_entry
inline constexpr const char* kVcpuLoad = "vcpu_load";
inline constexpr const char* kBlockExit = "block_exit";
inline constexpr const char* kGuestEntry = "guest_entry";

}  // namespace wakepath::reconstruct
