/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel side, the C++ side and the dump file have in common: records, and the events in
 * them.
 *
 * A stream is a sequence of records, each of which starts with struct wp_record and has a size that
 * is a multiple of 8. All integers are little-endian, all times are CLOCK_MONOTONIC nanoseconds of
 * the traced host unless the name says else. Kinds and fields are only ever appended: a reader
 * skips kinds that it does not know, and takes what is missing at the end of a payload as zero.
 *
 * The header compiles as C for the bpf target and as C++20.
 */
#ifndef WAKEPATH_ABI_H
#define WAKEPATH_ABI_H

#include <linux/types.h>

#ifdef __cplusplus
#define WP_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define WP_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#define WP_ABI_VERSION 1
#define WP_MAX_CPUS 4096   /* CPUs that the kernel side has counters for */
#define WP_MAX_BATCH 65536 /* bytes in the largest record that a reader accepts */
#define WP_COMM_BYTES 16   /* TASK_COMM_LEN, include/linux/sched.h */
/*
 * How long after its clock was read an event may be written. A program is interrupted, with the
 * softirqs that run at the interrupt's end, and from 7.0 preempted; and on a host that is a guest
 * itself its CPU is taken away: 15 ms were seen there.
 */
#define WP_HOLD_BACK_NS 20000000u
#define WP_HOLD_BACK_UNTOLD_NS 2000000u /* of a stream without numbers that does not say */
#define WP_NAME_BYTES 32                /* an IRQ action's name, cut */
#define WP_FUNCTION_BYTES 96            /* what is longer is cut */

enum wp_record_type {
  WP_RECORD_BATCH = 1,        /* struct wp_batch, then `count` events; made in the kernel */
  WP_RECORD_TICK = 2,         /* struct wp_tick, then `count` struct wp_tick_cpu */
  WP_RECORD_FACT = 3,         /* struct wp_fact, then `strings` strings */
  WP_RECORD_GUEST_REPORT = 4, /* struct wp_guest_report */
  WP_RECORD_GAP = 5,          /* struct wp_gap: a reader found that records are missing here */
};

struct wp_record {
  __u16 type;  /* enum wp_record_type */
  __u16 count; /* of what follows the fixed part */
  __u32 size;  /* of the whole record, this struct included; multiple of 8 */
};

/* Events of one CPU, oldest first except where one program interrupted another. */
struct wp_batch {
  struct wp_record record;
  __u32 cpu;
  __u32 flags;  /* WP_BATCH_* */
  __u64 failed; /* events of this CPU that could not be stored since the start, up to this batch */
};

/* An event in the batch names something (a vCPU, an IRQ action, a function) for the first time. */
#define WP_BATCH_NAMES 1u

/*
 * Who drains a ring numbers what it hands on: with WP_BATCH_NUMBERED the flags' upper bits are the
 * number of events of this CPU that stand before the batch in the stream, modulo 2^24. So a record
 * that is taken out of a stored stream, comes twice or comes late is seen at once, and where.
 */
#define WP_BATCH_NUMBERED 2u
#define WP_BATCH_NUMBER_SHIFT 8
#define WP_BATCH_NUMBERS (1u << 24)

/*
 * Written before each drain of the rings: the clock is read first, then the totals, then the rings
 * are drained. So once `written` events of each CPU have arrived, all that happened before time_ns
 * less the hold-back is here, and `failed` counts every loss up to time_ns. Only CPUs of which a
 * number changed since the last tick are listed; a tick with WP_TICK_ALL lists all.
 */
struct wp_tick {
  struct wp_record record; /* count = number of struct wp_tick_cpu */
  __u64 time_ns;
  __u64 missed; /* times that a program did not run since the start (recursion_misses), all CPUs */
  __u32 flags;  /* WP_TICK_* */
  __u32 number; /* of this tick in the stream, from 1; 0: the stream is not numbered */
};

#define WP_TICK_ALL 1u         /* every CPU is listed */
#define WP_TICK_FIRST 2u       /* the capture began at time_ns; totals are zero */
#define WP_TICK_LAST 4u        /* programs are detached, the rings are drained: nothing follows */
#define WP_TICK_MISSED_THEN 8u /* `missed` was read at most WP_MISSED_READ_NS before time_ns */
#define WP_MISSED_READ_NS 2000000

struct wp_tick_cpu {
  __u32 cpu;
  __u32 handed;  /* in a numbered stream: events that stand before this tick, modulo 2^32 */
  __u64 written; /* events stored since the start */
  __u64 failed;  /* events that could not be stored since the start */
  __u64 skipped; /* events that the event set left out on purpose since the start */
};

/*
 * Something that user space knows. `value` and the strings mean what enum wp_fact_kind says. Each
 * string is a __u16 length and that many bytes, without a terminator; the record is padded to 8.
 * A fact stands before the first event that needs it; a later fact with the same key replaces it.
 */
struct wp_fact {
  struct wp_record record; /* count = number of strings */
  __u32 kind;              /* enum wp_fact_kind */
  __u32 reserved;
  __u64 value[4];
};

enum wp_fact_kind {
  /* value: CPUs possible, counter frequency in Hz (0: not known), offset of bg_timer in struct
   * kvm_vcpu (0: not known), boot: CLOCK_REALTIME - CLOCK_MONOTONIC;
   * strings: kernel release, arch ("aarch64", "x86_64"), wakepath version, options as given */
  WP_FACT_HOST = 1,
  /* value: enabled (1 or 0); strings: event name, reason where not enabled */
  WP_FACT_EVENT = 2,
  /* value: key of the VM (any number, never given to another VM of the capture), tgid, since when
   * (0: since before the capture); strings: name */
  WP_FACT_VM = 3,
  /* value: tid, key of the VM, vCPU index, address of struct kvm_vcpu; strings: thread name.
   * Older dumps only: WP_FACT_VCPU_SINCE takes its place. */
  WP_FACT_VCPU = 4,
  /* value: address of the irqaction, IRQ number, WP_IRQ_*; strings: action name, what its users
   * call the device ("eth1"), its queue, bus, address there, driver, what the device is, VM that it
   * was given to, CPUs that the interrupt may go to, CPUs that it goes to. Any but the first may be
   * empty or missing: not known, or not yet; it is said again when more is known. */
  WP_FACT_IRQ = 5,
  /* value: address; strings: name. Addresses of functions as events carry them. */
  WP_FACT_SYMBOL = 6,
  /* value: runs, run time in ns, misses; strings: program name. At the end, with --stats. */
  WP_FACT_PROGRAM = 7,
  /* value: bytes of each ring, poll interval in ns, hold-back in ns; at the end, with --stats:
   * attempts to write naming records, so that written + failed + skipped - these = the programs'
   * runs */
  WP_FACT_CAPTURE = 8,
  /* value: enum wp_advice, detail; strings: text for the user. What the capture thinks is worth
     saying. */
  WP_FACT_NOTICE = 9,
  /* value: host counter (CNTVCT_EL0), CLOCK_MONOTONIC at the same instant, how far the two reads of
   * the counter around the clock's were apart in ns. arm64; at the start, then once a second. */
  WP_FACT_CLOCK = 10,
  /* value: tid | vCPU index << 32 (kvm_vcpu.vcpu_id: the number that the VMM gave it), key of the
   * VM | WP_VCPU_* << 32, address of struct kvm_vcpu, since when (0: since before the capture);
   * strings: thread name. From then on, whatever the thread was before: events older than that may
   * still follow. */
  WP_FACT_VCPU_SINCE = 11,
  /* value: ns since the capture began, runs of the programs since, mean time of a run in ps (0: not
   * known yet), CPU time of the reader in ns; strings: "counted" (the mean is of all runs) or
   * "sampled" (of those of the first second). Once a second, and at the end. */
  WP_FACT_COST = 12,
  /* What the host's /proc and /sys said of its CPUs, interrupts, VMs and pinned threads. value:
   * enum wp_host_file, permissions, 1 where it goes on with the file of the record before; strings:
   * path below the root ("proc/cmdline"), then content, piece by piece, or where a link leads. */
  WP_FACT_HOST_FILE = 13,
  /* The stream was made of a foreign trace. value: resolution of its times in ns (0: not known),
   * WP_TRACE_*; strings: its form, its clock. */
  WP_FACT_TRACE = 14,
  WP_FACT_KINDS = 15
};

enum wp_host_file { WP_HOST_DIRECTORY = 0, WP_HOST_FILE = 1, WP_HOST_LINK = 2 };

#define WP_TRACE_UNTIMED 1u /* times say the order on each CPU, and nothing else */

#define WP_IRQ_MANAGEMENT_KNOWN 1u /* whether the kernel alone sets its affinity */
#define WP_IRQ_MANAGED 2u          /* it does */

#define WP_VCPU_ASLEEP 1u  /* inside KVM_RUN, then */
#define WP_VCPU_ON_CPU 2u  /* then */
#define WP_VCPU_WAITING 4u /* for a CPU, then */
#define WP_VCPU_AGAIN 8u   /* in events only: the same thread has been the same vCPU's before */

enum wp_advice {
  WP_ADVICE_OTHER = 0,
  WP_ADVICE_SYMBOLS_HIDDEN = 1,   /* functions have no names here (kptr_restrict, CAP_SYSLOG) */
  WP_ADVICE_COUNT_MISMATCH = 2,   /* detail: events stored less events received, at the end */
  WP_ADVICE_CPU_WITHOUT_RING = 3, /* detail: CPU that came online during the capture */
  WP_ADVICE_OTHER_PROC = 4,       /* /proc shows other processes than the kernel means */
};

/* What the embedded guest says of one of its wakes; in time order with the events. */
struct wp_guest_report {
  struct wp_record record;
  __u64 time_ns; /* when the VMM received it */
  __u32 tid;     /* the vCPU's thread */
  __u32 vcpu;
  __u64 sequence;
  __u64 deadline_ticks; /* guest counter; valid with WP_REPORT_DEADLINE */
  __u64 now_ticks;      /* guest counter read right after the wake; valid with WP_REPORT_NOW */
  __u64 now_ns;         /* now_ticks on the host's clock; valid with WP_REPORT_NOW_NS */
  __u32 flags;
  __u32 reserved;
};

#define WP_REPORT_DEADLINE 1u
#define WP_REPORT_NOW 2u
#define WP_REPORT_NOW_NS 4u

/* In place of records that could not be read (a damaged chunk of a dump). Never stored. */
struct wp_gap {
  struct wp_record record;
  __u64 lost_events; /* 0: not known */
};

/* ---- events ---- */

enum wp_event_kind {
  WP_EVENT_NONE = 0,
  WP_EVENT_IRQ_ENTRY = 1,
  WP_EVENT_IRQ_EXIT = 2,
  WP_EVENT_VECTOR_ENTRY = 3, /* x86: irq_vectors:local_timer_entry */
  WP_EVENT_VECTOR_EXIT = 4,
  WP_EVENT_IPI_RAISE = 5,
  WP_EVENT_IPI_SEND = 6,
  WP_EVENT_IPI_ENTRY = 7,
  WP_EVENT_IPI_EXIT = 8,
  WP_EVENT_HRTIMER_START = 9,
  WP_EVENT_HRTIMER_EXPIRE_ENTRY = 10,
  WP_EVENT_HRTIMER_EXPIRE_EXIT = 11,
  WP_EVENT_SOFTIRQ_RAISE = 12,
  WP_EVENT_SOFTIRQ_ENTRY = 13,
  WP_EVENT_SOFTIRQ_EXIT = 14,
  WP_EVENT_WORK_QUEUE = 15,
  WP_EVENT_WORK_START = 16,
  WP_EVENT_WORK_END = 17,
  WP_EVENT_KTHREAD_WORK_QUEUE = 18,
  WP_EVENT_KTHREAD_WORK_START = 19,
  WP_EVENT_KTHREAD_WORK_END = 20,
  WP_EVENT_WAKING = 21,
  WP_EVENT_WAKEUP = 22,
  WP_EVENT_SWITCH = 23,
  WP_EVENT_MIGRATE = 24,
  WP_EVENT_TASK_EXIT = 25,
  WP_EVENT_CPU_IDLE = 26,
  WP_EVENT_KVM_ENTRY = 27,
  WP_EVENT_KVM_EXIT = 28,
  WP_EVENT_KVM_VCPU_WAKEUP = 29,
  WP_EVENT_KVM_TIMER_UPDATE_IRQ = 30,
  WP_EVENT_KVM_TIMER_SAVE = 31,
  WP_EVENT_KVM_TIMER_RESTORE = 32,
  WP_EVENT_KVM_USERSPACE_EXIT = 33,
  WP_EVENT_VCPU = 34,      /* names: a vCPU thread seen for the first time */
  WP_EVENT_IRQ_NAME = 35,  /* names: an irqaction seen for the first time */
  WP_EVENT_FUNCTION = 36,  /* names: a function address seen for the first time */
  WP_EVENT_SIGNAL = 37,    /* signal_generate; follows the waking that it made */
  WP_EVENT_RENAME = 38,    /* task_rename: comm is the new name */
  WP_EVENT_VCPU_KICK = 39, /* kvm_vcpu_kick(): there is something for a vCPU to look at */
  WP_EVENT_KINDS = 40
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
  __u32 esr_ec; /* arm64: exception class, of a TRAP */
};

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

WP_STATIC_ASSERT(sizeof(struct wp_record) == 8, "wp_record");
WP_STATIC_ASSERT(sizeof(struct wp_batch) == 24, "wp_batch");
WP_STATIC_ASSERT(sizeof(struct wp_tick) == 32, "wp_tick");
WP_STATIC_ASSERT(sizeof(struct wp_tick_cpu) == 32, "wp_tick_cpu");
WP_STATIC_ASSERT(sizeof(struct wp_fact) == 48, "wp_fact");
WP_STATIC_ASSERT(sizeof(struct wp_guest_report) == 64, "wp_guest_report");
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
