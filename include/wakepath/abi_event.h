/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of a batch. abi.h says what holds for all of the stream. */
#ifndef WAKEPATH_ABI_EVENT_H
#define WAKEPATH_ABI_EVENT_H

#include <linux/types.h>

#ifdef __cplusplus
#define WP_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define WP_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#define WP_COMM_BYTES 16     /* TASK_COMM_LEN, include/linux/sched.h */
#define WP_NAME_BYTES 32     /* an IRQ action's name, cut */
#define WP_FUNCTION_BYTES 96 /* longer names are cut */

/* WP_EVENT_IRQ_ENTRY = 1, ...: events.def says of each what it is. */
enum wp_event_kind {
  WP_EVENT_NONE = 0,
#define WP_EVENT(class, number, kind, ...) WP_EVENT_##kind = number,
#include "wakepath/events.def"
  WP_EVENT_KINDS /* one more than the last */
};

/* Where the current CPU was, from its preempt_count; filled where the event says so. */
#define WP_CONTEXT_KNOWN 1u
#define WP_CONTEXT_SOFTIRQ 2u /* serving a softirq */
#define WP_CONTEXT_HARDIRQ 4u
#define WP_CONTEXT_NMI 8u

struct wp_event {
  __u64 time_ns;
  __u8 kind;    /* enum wp_event_kind */
  __u8 context; /* WP_CONTEXT_*; waking, work_queue, kthread_work_queue, softirq_raise,
                    vcpu_kick */
  __u16 size;   /* of the whole event, this struct included; multiple of 8 */
  __u32 tid;    /* of the current task: 0 in idle; in an interrupt the interrupted one's */
};

struct wp_irq {
  __u32 irq;    /* or WP_IRQ_UNKNOWN */
  __s32 ret;    /* irq_exit */
  __u64 action; /* address of the irqaction: WP_FACT_IRQ names it */
};

#define WP_IRQ_UNKNOWN 0xffffffffu /* of a foreign trace that names the action alone */

struct wp_vector {
  __u32 vector;
  __u32 reserved;
};

enum wp_ipi_reason {
  WP_IPI_OTHER = 0,
  WP_IPI_RESCHEDULE = 1,
  WP_IPI_CALL_FUNCTION = 2,
  WP_IPI_IRQ_WORK = 3,
  WP_IPI_TIMER_BROADCAST = 4,
};

struct wp_ipi {
  __u32 reason; /* enum wp_ipi_reason; raise, entry, exit */
  __u32 cpu;    /* target; send */
};

struct wp_hrtimer_start {
  __u64 timer;
  __u64 function;
  __s64 softexpires; /* in the timer's own clock base */
  __s64 base_offset; /* clock base - CLOCK_MONOTONIC */
};

struct wp_hrtimer_expire {
  __u64 timer;
  __u64 function;    /* entry only */
  __s64 softexpires; /* entry only; in the timer's own clock base */
  __s64 base_offset; /* entry only; expiry = softexpires - base_offset */
};

struct wp_softirq {
  __u32 vector; /* enum of include/linux/interrupt.h: HI 0 .. RCU 9 */
  __u32 reserved;
};

struct wp_work {
  __u64 work; /* address: of the work_struct or kthread_work */
  __u64 function;
  __u32 cpu; /* queue: requested CPU, or WP_CPU_ANY; else 0 */
  __u32 reserved;
};

#define WP_CPU_ANY 0xffffffffu

struct wp_wake {
  __u32 tid;   /* of the wakee */
  __u32 cpu;   /* waking: its CPU so far; wakeup: the CPU it is queued on */
  __s32 prio;  /* kernel priority: < 100 real time, 120 = nice 0 */
  __u32 flags; /* WP_TASK_* of the wakee */
};

#define WP_TASK_VCPU_LOADED 1u /* inside KVM_RUN: task->preempt_notifiers is not empty */
#define WP_TASK_KTHREAD 2u

struct wp_switch {
  __u32 next_tid;
  __u32 prev_state; /* task state bits; 0 = runnable (preempted) */
  __s32 next_prio;  /* or WP_PRIO_UNKNOWN */
  __u8 preempt;
  __u8 prev_flags; /* WP_TASK_* */
  __u8 next_flags; /* WP_TASK_* */
  __u8 reserved;
  char next_comm[WP_COMM_BYTES]; /* not always terminated */
};

#define WP_PRIO_UNKNOWN (-2147483647 - 1) /* of a foreign trace that does not tell it */

struct wp_migrate {
  __u32 tid;
  __u32 cpu; /* destination */
};

struct wp_task_exit {
  __u32 tid;
  __u32 tgid;
};

struct wp_cpu_idle {
  __u32 state; /* WP_IDLE_EXIT on exit */
  __u32 reserved;
};

#define WP_IDLE_EXIT 0xffffffffu

struct wp_kvm_entry {
  __u64 pc; /* arm64; 0 on x86_64 */
};

struct wp_vcpu_kick {
  __u64 vcpu; /* address of the struct kvm_vcpu that is kicked */
};

struct wp_kvm_exit {
  __s32 ret; /* arm64: 0 IRQ, 1 SError, 2 TRAP; x86_64: the vendor's reason; -1: not observable */
  __u32 esr_ec; /* arm64: exception class, of a TRAP; x86_64: WP_X86_* */
};

/* Whose numbers the reasons are. */
#define WP_X86_UNKNOWN 0u
#define WP_X86_VMX 1u
#define WP_X86_SVM 2u

struct wp_kvm_vcpu_wakeup {
  __u64 wait_ns;
  __u8 waited; /* 0: halt polling succeeded */
  __u8 valid;
  __u8 reserved[6];
};

struct wp_kvm_timer_update_irq {
  __u32 vcpu_id;
  __u32 irq;
  __u32 level;
  __u32 flags;   /* WP_TIMER_* */
  __u64 cval;    /* with WP_TIMER_SAVED */
  __u64 voffset; /* host counter - guest counter; with WP_TIMER_SAVED */
};

/* The timer was not loaded: this is the load of its vCPU, and cval its deadline as saved then. */
#define WP_TIMER_SAVED 1u

struct wp_kvm_timer_context {
  __u64 timer; /* address of the arch_timer_context */
  __u64 ctl;
  __u64 cval;
  __u64 voffset; /* host counter - guest counter */
};

struct wp_kvm_userspace_exit {
  __u32 reason; /* KVM_EXIT_*, include/uapi/linux/kvm.h */
  __s32 error;
};

struct wp_rename {
  __u32 tid;
  __u32 reserved;
  char comm[WP_COMM_BYTES]; /* not always terminated */
};

struct wp_signal {
  __u32 number;
  __u32 tid;   /* of the thread that it was sent to, or that stands for its process */
  __u32 tgid;  /* of that thread */
  __u32 group; /* 1: sent to the process, any thread of it may have been woken */
};

struct wp_vcpu {
  __u64 vcpu; /* address of the kvm_vcpu */
  __u32 tid;
  __u32 tgid;
  __u32 vcpu_id;
  __u32 vm; /* kvm->userspace_pid: the tid that created the VM */
  char comm[WP_COMM_BYTES];
  __u64 kvm;              /* address of struct kvm */
  __u64 process_start_ns; /* of tgid, CLOCK_BOOTTIME: with it a process is told from any other */
  char process_comm[WP_COMM_BYTES];
  __u64 round; /* in which round of naming */
  __u32 state; /* WP_VCPU_* */
  __u32 reserved;
};

struct wp_irq_name {
  __u64 action;
  __u32 irq;
  __u32 reserved;
  char name[WP_NAME_BYTES];
};

struct wp_function {
  __u64 address;
  char name[WP_FUNCTION_BYTES]; /* as the kernel prints "%ps"; empty: it does not tell */
};

WP_STATIC_ASSERT(sizeof(struct wp_event) == 16, "wp_event");
WP_STATIC_ASSERT(sizeof(struct wp_irq) == 16, "wp_irq");
WP_STATIC_ASSERT(sizeof(struct wp_hrtimer_start) == 32, "wp_hrtimer_start");
WP_STATIC_ASSERT(sizeof(struct wp_hrtimer_expire) == 32, "wp_hrtimer_expire");
WP_STATIC_ASSERT(sizeof(struct wp_work) == 24, "wp_work");
WP_STATIC_ASSERT(sizeof(struct wp_wake) == 16, "wp_wake");
WP_STATIC_ASSERT(sizeof(struct wp_switch) == 32, "wp_switch");
WP_STATIC_ASSERT(sizeof(struct wp_kvm_vcpu_wakeup) == 16, "wp_kvm_vcpu_wakeup");
WP_STATIC_ASSERT(sizeof(struct wp_kvm_timer_context) == 32, "wp_kvm_timer_context");
WP_STATIC_ASSERT(sizeof(struct wp_kvm_timer_update_irq) == 32, "wp_kvm_timer_update_irq");
WP_STATIC_ASSERT(sizeof(struct wp_signal) == 16, "wp_signal");
WP_STATIC_ASSERT(sizeof(struct wp_rename) == 24, "wp_rename");
WP_STATIC_ASSERT(sizeof(struct wp_vcpu) == 88, "wp_vcpu");
WP_STATIC_ASSERT(sizeof(struct wp_irq_name) == 48, "wp_irq_name");

#endif
