/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel side, the C++ side and the dump file have in common: records, and in abi_event.h
 * the events in them.
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

#include "wakepath/abi_event.h"

#define WP_ABI_VERSION 1
#define WP_MAX_CPUS 4096   /* CPUs that the kernel side has counters for */
#define WP_MAX_BATCH 65536 /* bytes in the largest record that a reader accepts */
/*
 * How long after its clock was read an event may be written. A program is interrupted, with the
 * softirqs that run at the interrupt's end, and from 7.0 preempted; and on a host that is a guest
 * itself its CPU is taken away: 15 ms were seen there.
 */
#define WP_HOLD_BACK_NS 20000000u
#define WP_HOLD_BACK_UNTOLD_NS 2000000u /* of a stream without numbers that does not say */

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
 * The reader of a ring numbers the batches that it hands on. With WP_BATCH_NUMBERED the upper bits
 * of the flags are the number of events of this CPU that stand before the batch in the stream,
 * modulo 2^24. So a later reader sees at once where a record is missing, comes twice or comes late.
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
/* The stream begins at time_ns, in a capture that had begun before: what the totals count is not in
 * it. Several such ticks may stand one after another, each with other CPUs. */
#define WP_TICK_JOINED 16u
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
 * A fact stands before the first event that needs it; a later fact with the same key replaces it,
 * but for those that hold from a time on.
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
  /* value: enum wp_advice, detail; strings: text for the user. Something that the user
     should know of the capture. */
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
   * enum wp_host_file, permissions, which of the file's records this is (from 0), how many it has
   * (0: not told); strings: path below the root ("proc/cmdline"), then content, piece by piece, or
   * where a link leads. The records of one file follow one another. */
  WP_FACT_HOST_FILE = 13,
  /* The stream was made of a foreign trace. value: resolution of its times in ns (0: not known),
   * WP_TRACE_*; strings: its form, its clock. */
  WP_FACT_TRACE = 14,
  /* value: tid; strings: the thread's name. Of one that does something before any switch to it
   * names it. */
  WP_FACT_THREAD = 15,
  /* The recording was cut out of a capture that waits for something. value: ns that it was to hold
   * before that, and after; strings: what is waited for, each as it was given to --on. */
  WP_FACT_TRIGGER = 16,
  /* It happened. value: when (of a wake, its end), WP_BREACH_*, begin of the wake,
   * tid | vCPU index << 32 (index ~0: not known); strings: what was waited for,
   * VM, path, what was measured ("total 231us"). */
  WP_FACT_BREACH = 17,
  /* The time of day has jumped: somebody set the host's clock, or the host was suspended. value:
   * CLOCK_REALTIME - CLOCK_MONOTONIC from then on, when that was seen (CLOCK_MONOTONIC; it happened
   * up to a second before). What was before then keeps the offset that was told before. */
  WP_FACT_TIME_OF_DAY = 18,
  WP_FACT_KINDS = 19
};

enum wp_host_file { WP_HOST_DIRECTORY = 0, WP_HOST_FILE = 1, WP_HOST_LINK = 2 };

#define WP_BREACH_WAKE 0u   /* a wake met a condition */
#define WP_BREACH_LOST 1u   /* events were lost */
#define WP_BREACH_SIGNAL 2u /* somebody sent SIGUSR1 */

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
  WP_ADVICE_LOSS_UNCOUNTED = 5,   /* from here on a loss of one event stands for one not counted */
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

WP_STATIC_ASSERT(sizeof(struct wp_record) == 8, "wp_record");
WP_STATIC_ASSERT(sizeof(struct wp_batch) == 24, "wp_batch");
WP_STATIC_ASSERT(sizeof(struct wp_tick) == 32, "wp_tick");
WP_STATIC_ASSERT(sizeof(struct wp_tick_cpu) == 32, "wp_tick_cpu");
WP_STATIC_ASSERT(sizeof(struct wp_fact) == 48, "wp_fact");
WP_STATIC_ASSERT(sizeof(struct wp_guest_report) == 64, "wp_guest_report");

#endif
