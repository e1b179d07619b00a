// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/catalogue.hpp"

#include <algorithm>
#include <array>

namespace wakepath::capture {

namespace {

constexpr bool kvm = true, on = true, off = false, required = true;
constexpr auto everywhere = Where::everywhere;

constexpr std::array kTracepoints{
    Tracepoint{WP_EVENT_IRQ_ENTRY, "irq_handler_entry", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_IRQ_EXIT, "irq_handler_exit", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_VECTOR_ENTRY, "local_timer_entry", Where::x86_64, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_VECTOR_EXIT, "local_timer_exit", Where::x86_64, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_IPI_RAISE, "ipi_raise", Where::arm64, !kvm, off, !required, ""},
    Tracepoint{WP_EVENT_IPI_SEND, "ipi_send_cpu", everywhere, !kvm, off, !required, "6.4"},
    Tracepoint{WP_EVENT_IPI_ENTRY, "ipi_entry", Where::arm64, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_IPI_EXIT, "ipi_exit", Where::arm64, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_HRTIMER_START, "hrtimer_start", everywhere, !kvm, off, !required, ""},
    Tracepoint{WP_EVENT_HRTIMER_EXPIRE_ENTRY, "hrtimer_expire_entry", everywhere, !kvm, on,
               !required, ""},
    Tracepoint{WP_EVENT_HRTIMER_EXPIRE_EXIT, "hrtimer_expire_exit", everywhere, !kvm, on, !required,
               ""},
    Tracepoint{WP_EVENT_SOFTIRQ_RAISE, "softirq_raise", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_SOFTIRQ_ENTRY, "softirq_entry", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_SOFTIRQ_EXIT, "softirq_exit", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_WORK_QUEUE, "workqueue_queue_work", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_WORK_START, "workqueue_execute_start", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_WORK_END, "workqueue_execute_end", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_KTHREAD_WORK_QUEUE, "sched_kthread_work_queue_work", everywhere, !kvm, on,
               !required, "5.11"},
    Tracepoint{WP_EVENT_KTHREAD_WORK_START, "sched_kthread_work_execute_start", everywhere, !kvm,
               on, !required, "5.11"},
    Tracepoint{WP_EVENT_KTHREAD_WORK_END, "sched_kthread_work_execute_end", everywhere, !kvm, on,
               !required, "5.11"},
    Tracepoint{WP_EVENT_WAKING, "sched_waking", everywhere, !kvm, on, required, ""},
    Tracepoint{WP_EVENT_WAKEUP, "sched_wakeup", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_SWITCH, "sched_switch", everywhere, !kvm, on, required, ""},
    Tracepoint{WP_EVENT_MIGRATE, "sched_migrate_task", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_TASK_EXIT, "sched_process_exit", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_CPU_IDLE, "cpu_idle", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_KVM_ENTRY, "kvm_entry", everywhere, kvm, on, !required, ""},
    Tracepoint{WP_EVENT_KVM_EXIT, "kvm_exit", everywhere, kvm, off, !required, ""},
    Tracepoint{WP_EVENT_KVM_VCPU_WAKEUP, "kvm_vcpu_wakeup", everywhere, kvm, on, !required, ""},
    Tracepoint{WP_EVENT_KVM_TIMER_UPDATE_IRQ, "kvm_timer_update_irq", Where::arm64, kvm, on,
               !required, ""},
    Tracepoint{WP_EVENT_KVM_TIMER_SAVE, "kvm_timer_save_state", Where::arm64, kvm, off, !required,
               ""},
    Tracepoint{WP_EVENT_KVM_TIMER_RESTORE, "kvm_timer_restore_state", Where::arm64, kvm, off,
               !required, ""},
    Tracepoint{WP_EVENT_KVM_USERSPACE_EXIT, "kvm_userspace_exit", everywhere, kvm, on, !required,
               ""},
    Tracepoint{WP_EVENT_SIGNAL, "signal_generate", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_RENAME, "task_rename", everywhere, !kvm, on, !required, ""},
    Tracepoint{WP_EVENT_VCPU_KICK, kVcpuKick, everywhere, kvm, off, !required, ""},
};

}  // namespace

std::span<const Tracepoint> catalogue() { return kTracepoints; }

const Tracepoint* find_tracepoint(std::string_view name) {
  const auto found = std::ranges::find(kTracepoints, name, &Tracepoint::name);
  return found == kTracepoints.end() ? nullptr : &*found;
}

const Tracepoint* find_tracepoint(wp_event_kind kind) {
  const auto found = std::ranges::find(kTracepoints, kind, &Tracepoint::kind);
  return found == kTracepoints.end() ? nullptr : &*found;
}

}  // namespace wakepath::capture
