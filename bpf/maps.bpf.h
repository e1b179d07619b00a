/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all programs share; defined in maps.bpf.c. */
#ifndef WAKEPATH_MAPS_BPF_H
#define WAKEPATH_MAPS_BPF_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "event_ring.h"

#define WP_VCPU_THREADS 16384 /* vCPU threads that one host is expected to have */
#define WP_KNOWN_NAMES 4096   /* power of two */

/* The event rings of the CPUs of one NUMA node, all of one size. User space says how many chunks.
 */
struct wp_event_chunks_map {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __uint(map_flags, BPF_F_MMAPABLE | BPF_F_NUMA_NODE);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, sizeof(struct wp_chunk));
};

/*
 * For events that can't go to the event ring. The inner map's size here is only a template (the
 * largest page that a kernel has, so that it is valid everywhere).
 */
struct wp_side_ring_map {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 65536);
  __uint(map_flags, BPF_F_NUMA_NODE);
};

struct wp_side_rings_map {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, WP_MAX_CPUS);
  __type(key, __u32);
  __array(values, struct wp_side_ring_map);
};

/* A vCPU thread that has been named. A thread that differs from this is named anew. */
struct wp_named_vcpu {
  __u64 link; /* address of its kvm_vcpu's preempt_notifier link */
  __u64 comm[2];
  __u64 round; /* of naming */
};

/* By tid. */
struct wp_vcpus_map {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, WP_VCPU_THREADS);
  __type(key, __u32);
  __type(value, struct wp_named_vcpu);
};

extern struct wp_event_chunks_map event_chunks_0 SEC(".maps");
extern struct wp_event_chunks_map event_chunks_1 SEC(".maps");
extern struct wp_event_chunks_map event_chunks_2 SEC(".maps");
extern struct wp_event_chunks_map event_chunks_3 SEC(".maps");
extern struct wp_event_chunks_map event_chunks_4 SEC(".maps");
extern struct wp_event_chunks_map event_chunks_5 SEC(".maps");
extern struct wp_event_chunks_map event_chunks_6 SEC(".maps");
extern struct wp_event_chunks_map event_chunks_7 SEC(".maps");
extern struct wp_side_rings_map side_rings SEC(".maps");
extern struct wp_vcpus_map vcpus SEC(".maps");

extern struct wp_cpu_counters counters[WP_MAX_CPUS];

/*
 * Set once all programs are attached, cleared before the first is detached: tracepoints are
 * attached one after the other, and half of them tell half a story (an IRQ entry without its exit).
 */
extern volatile __u8 capturing;
extern __u32 reader_tgid;           /* of the process that ran the iterator */
extern volatile __u64 naming_round; /* user space counts it up to have all vCPUs named again */
extern __u64 known_functions[WP_KNOWN_NAMES];
extern __u64 known_actions[WP_KNOWN_NAMES];
extern __u64 preempt_counts[WP_MAX_CPUS]; /* x86: where each CPU's is; 0: not known */

/* Constants that user space sets before load, from the kernel's BTF and from the options. */
extern const volatile __u8 switch_state_arg;      /* argument of sched_switch; 0: read the task */
extern const volatile __u8 work_end_has_function; /* workqueue_execute_end has two arguments */
extern const volatile __u8 kvm_exit_has_reason;   /* the first argument of kvm_exit is a number */
extern const volatile __u8 kvm_exit_has_class;    /* the second is arm64's exception class */
extern const volatile __u8 kvm_entry_has_pc;      /* the first argument of kvm_entry is a number */
/* Also kvm_entry of a vCPU without an open wake, and timer lines that go down. */
extern const volatile __u8 every_kvm_event;
extern const volatile __u8 user_exits_seen; /* the end of each KVM_RUN is captured */
extern const volatile __u32 cpus_possible;
extern const volatile __u32 ring_nodes; /* event_chunks_N that are in use */
extern const volatile __s64
    preempt_count_from_rq; /* x86: bytes from a CPU's run queue; 0: not known */

/*
 * Holds a value in a register. So the compiler does not compute an address for each use, and does
 * not merge loads of different arguments into one from a computed address, which the verifier
 * refuses.
 */
#define WP_KEEP(variable) asm volatile("" : "+r"(variable))

static __always_inline struct wp_cpu_counters* counters_of(__u32 cpu) {
  return &counters[cpu & (WP_MAX_CPUS - 1)];
}

#endif
