// SPDX-License-Identifier: GPL-2.0-or-later
// A decoded event. Plain data: one cache line, no ownership.
#pragma once

#include <cstdint>

#include "wakepath/abi.h"

namespace wakepath {

struct Event {
  union Payload {
    wp_irq irq;
    wp_vector vector;
    wp_ipi ipi;
    wp_hrtimer_start hrtimer_start;
    wp_hrtimer_expire hrtimer;
    wp_softirq softirq;
    wp_work work;
    wp_wake wake;
    wp_switch sched_switch;
    wp_migrate migrate;
    wp_task_exit task_exit;
    wp_cpu_idle cpu_idle;
    wp_kvm_entry kvm_entry;
    wp_kvm_exit kvm_exit;
    wp_kvm_vcpu_wakeup vcpu_wakeup;
    wp_kvm_timer_update_irq timer_irq;
    wp_kvm_timer_context timer_context;
    wp_kvm_userspace_exit userspace_exit;
    wp_signal signal;
    wp_rename rename;
    wp_vcpu_kick kick;
  };

  std::uint64_t time_ns;  // CLOCK_MONOTONIC of the traced host
  std::uint32_t cpu;
  std::uint32_t tid;  // current task; 0 in idle
  wp_event_kind kind;
  std::uint8_t context;  // WP_CONTEXT_*
  Payload payload;       // what `kind` says; zero where the record was shorter
};

static_assert(sizeof(Event) <= 64);

// The event's name as users write it ("sched_switch", "kvm_entry"); "unknown" for others.
const char* event_name(wp_event_kind kind);

}  // namespace wakepath
