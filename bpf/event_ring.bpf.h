/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writing end of a CPU's event ring (event_ring.h). No program waits. A program that has
 * interrupted another one of its CPU while that was writing, or from 7.0 on preempted it, writes
 * elsewhere.
 */
#ifndef WAKEPATH_EVENT_RING_BPF_H
#define WAKEPATH_EVENT_RING_BPF_H

#include "maps.bpf.h"

#define WP_NOW(field) (*(volatile typeof(field)*)&(field))

/*
 * A reader that sees the new head must see the event before it. x86 keeps the order of stores. On
 * arm64 this takes an atomic that gives back the old value (ldaddal), which BPF has there from 5.18
 * on (1902472b4fa9).
 */
static __always_inline void publish(struct wp_cpu_counters* mine, __u32 size) {
#ifdef __TARGET_ARCH_x86
  asm volatile("" ::: "memory"); /* the compiler keeps it too */
  WP_NOW(mine->head) = mine->head + size;
#else
  __u64 old = __sync_fetch_and_add(&mine->head, size);

  asm volatile("" ::"r"(old));
#endif
}

/*
 * A look-up for each node. The verifier keeps the look-ups of the nodes in use, and finds the
 * element of a map that it knows without a call. The assembler comments keep the compiler from
 * merging the look-ups into one.
 */
#define WP_LOOK_UP(number)                                       \
  if (number < nodes && node == number) {                        \
    chunk = bpf_map_lookup_elem(&event_chunks_##number, &index); \
    asm volatile("# node " #number : "+r"(chunk));               \
  }

static __always_inline struct wp_chunk* chunk_at(const struct wp_cpu_counters* mine, __u64 head) {
  __u32 index = mine->first_chunk + ((__u32)(head / WP_CHUNK_BYTES) & mine->chunk_mask);
  __u32 nodes = ring_nodes;
  __u32 node = nodes > 1 ? mine->ring_node : 0;
  struct wp_chunk* chunk = 0;

  WP_LOOK_UP(0)
  WP_LOOK_UP(1)
  WP_LOOK_UP(2)
  WP_LOOK_UP(3)
  WP_LOOK_UP(4)
  WP_LOOK_UP(5)
  WP_LOOK_UP(6)
  WP_LOOK_UP(7)
  return chunk;
}

/* At the head, by the program that holds `busy`. False: the ring is full, or this CPU has none. */
static __always_inline int write_words(struct wp_cpu_counters* mine, const __u64* words,
                                       __u32 size) {
  __u64 head = mine->head;
  struct wp_chunk* chunk;
  __u64* to;

  if (head + size > WP_NOW(mine->limit)) {
    return 0;
  }
  chunk = chunk_at(mine, head);
  if (!chunk) {
    return 0;
  }
  to = (__u64*)(chunk->bytes + (head & (WP_CHUNK_BYTES - 8)));
#pragma unroll
  for (__u32 i = 0; i < size / 8; i++) {
    to[i] = words[i];
  }
  return 1;
}

/* So that the reader knows where in the ring events are missing. */
static __always_inline int put_failed(struct wp_cpu_counters* mine, __u64 time_ns, __u64 failed) {
  struct {
    struct wp_event event;
    struct wp_failed data;
  } note = {{time_ns, WP_EVENT_FAILED, 0, sizeof(note), 0}, {failed}};

  if (!write_words(mine, (const __u64*)&note, sizeof(note))) {
    return 0;
  }
  publish(mine, sizeof(note));
  return 1;
}

/* False: another program writes to the ring now. True: the event is in it, or has failed. */
static __always_inline int put_event(struct wp_cpu_counters* mine, const struct wp_event* event,
                                     __u32 size) {
  __u64 failed;

  WP_KEEP(mine);
  /* In one step: a program that is preempted between two steps may come back while another one
   * writes. */
  if (__sync_lock_test_and_set(&mine->busy, 1)) {
    return 0;
  }
  /* Events that failed beside the ring count too. */
  failed = WP_NOW(mine->failed);
  if (failed != mine->told && put_failed(mine, event->time_ns, failed)) {
    mine->told = failed;
  }
  if (failed == mine->told && write_words(mine, (const __u64*)event, size)) {
    /* Counted first: a reader must not see an event that is not counted yet. */
    WP_NOW(mine->written) = mine->written + 1;
    publish(mine, size);
  } else {
    __sync_fetch_and_add(&mine->failed, 1);
  }
  asm volatile("" ::: "memory");
  WP_NOW(mine->busy) = 0;
  return 1;
}

#endif
