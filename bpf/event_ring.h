/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel side and the reader share in memory, for each CPU: its counters, and its event
 * ring. Only the programs of that CPU write to the ring, only the reader takes from it.
 *
 * The ring is a number of chunks, one behind the other, of an array that the CPUs of a NUMA node
 * share. Events, as abi.h has them, lie one after the other by position,
 * which only grows: position / WP_CHUNK_BYTES, modulo the number of chunks, is the chunk, the rest
 * the offset. An event that begins in a chunk ends in it: the last one may use the chunk's spill,
 * and the next chunk's first event begins so much later.
 *
 * Compiles as C for the bpf target and as C++20.
 */
#ifndef WAKEPATH_EVENT_RING_H
#define WAKEPATH_EVENT_RING_H

#include "wakepath/abi.h"

#define WP_RING_NODES \
  8 /* NUMA nodes that have memory of their own for rings; further ones share it */
#define WP_CHUNK_BYTES 4096
#define WP_CHUNK_SPILL 128 /* bytes: the largest event */

struct wp_chunk {
  __u8 bytes[WP_CHUNK_BYTES + WP_CHUNK_SPILL];
};

/* In a ring only: so many of this CPU's events could not be stored since the start, up to here. */
#define WP_EVENT_FAILED 0xffu

struct wp_failed {
  __u64 failed;
};

struct wp_cpu_counters {
  /* Where the next event goes. All events before it can be read. */
  __u64 head;
  __u64 written;      /* events in the ring */
  __u32 busy;         /* a program is writing to the ring, or there is none */
  __u32 first_chunk;  /* of the ring, in its node's array */
  __u32 chunk_mask;   /* number of chunks - 1 */
  __u32 entry_wanted; /* the vCPU on this CPU has an open wake: its kvm_entry is wanted */
  __u32 named_tid;    /* the thread on this CPU runs a vCPU, `link`, and both are named; 0: ask */
  __u32 last_tid;     /* the last thread that was named here; 0: forgotten */
  __u64 link;         /* address of the kvm_vcpu's preempt_notifier link */
  __u64 last_comm[2];
  /* The reader writes to this cache line: an event must end here at the latest. */
  __u64 limit;
  __u64 last_round; /* of naming */
  /* The rest is counted by programs that may interrupt each other. */
  __u64 beside; /* events in the CPU's BPF ring buffer */
  __u64 failed;
  __u64 skipped;
  __u64 names;     /* attempts to write a naming record; each is in beside or failed too */
  __u64 told;      /* of `failed`, in the event ring */
  __u32 ring_node; /* below WP_RING_NODES: which array */
  __u32 reserved;
};

WP_STATIC_ASSERT(sizeof(struct wp_chunk) % 8 == 0, "wp_chunk");
WP_STATIC_ASSERT(sizeof(struct wp_event) + sizeof(struct wp_vcpu) <= WP_CHUNK_SPILL, "spill");
WP_STATIC_ASSERT(sizeof(struct wp_cpu_counters) == 128, "wp_cpu_counters");

#endif
