// SPDX-License-Identifier: GPL-2.0-or-later
// The floor: on each tracepoint of src/capture/catalogue.cpp a program that does nothing, under the
// name that wakepath's own has.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define EMPTY(name)     \
  SEC("?tp_btf/" #name) \
  int name(void* ctx) { return 0; }

// KVM may be a module.
#define EMPTY_KVM(name) \
  EMPTY(name)           \
  SEC("?raw_tp/" #name) \
  int raw_##name(void* ctx) { return 0; }

EMPTY(irq_handler_entry)
EMPTY(irq_handler_exit)
EMPTY(local_timer_entry)
EMPTY(local_timer_exit)
EMPTY(ipi_raise)
EMPTY(ipi_send_cpu)
EMPTY(ipi_entry)
EMPTY(ipi_exit)
EMPTY(hrtimer_start)
EMPTY(hrtimer_expire_entry)
EMPTY(hrtimer_expire_exit)
EMPTY(softirq_raise)
EMPTY(softirq_entry)
EMPTY(softirq_exit)
EMPTY(workqueue_queue_work)
EMPTY(workqueue_execute_start)
EMPTY(workqueue_execute_end)
EMPTY(sched_kthread_work_queue_work)
EMPTY(sched_kthread_work_execute_start)
EMPTY(sched_kthread_work_execute_end)
EMPTY(sched_waking)
EMPTY(sched_wakeup)
EMPTY(sched_switch)
EMPTY(sched_migrate_task)
EMPTY(sched_process_exit)
EMPTY(cpu_idle)
EMPTY(signal_generate)
EMPTY(task_rename)
EMPTY_KVM(kvm_entry)
EMPTY_KVM(kvm_exit)
EMPTY_KVM(kvm_vcpu_wakeup)
EMPTY_KVM(kvm_timer_update_irq)
EMPTY_KVM(kvm_timer_save_state)
EMPTY_KVM(kvm_timer_restore_state)
EMPTY_KVM(kvm_userspace_exit)

SEC("?kprobe")
int kvm_vcpu_kick(void* ctx) { return 0; }

char LICENSE[] SEC("license") = "GPL";
