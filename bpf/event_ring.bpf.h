/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writing end of a CPU's event ring (event_ring.h). Nobody waits: who finds another
 * program of its CPU writing, which it has interrupted or (7.0 and later) preempted, goes
 * elsewhere.
 */
#ifndef WAKEPATH_EVENT_RING_BPF_H
#define WAKEPATH_EVENT_RING_BPF_H

#include "maps.bpf.h"

#define WP_NOW(field) (*(volatile typeof(field)*)&(field))

/*
 * What was written before must be seen by who sees the new head. x86 keeps the order of stores; on
 * arm64 it takes an atomic that gives back the old value (ldaddal), which BPF has there from 5.18
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
 * A look-up for each node, of which the verifier keeps those that are in use: in a map that it
 * knows it finds the element without a call. The comments keep the compiler from making one of
 * them.
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

/* False: the ring is not to be had now. Else the event is in it, or failed. */
static __always_inline int put_event(struct wp_cpu_counters* mine, const struct wp_event* event,
                                     __u32 size) {
  __u64 failed;

  WP_KEEP(mine);
  /* In one step: who is preempted between two may come back in the middle of the other's writing.
   */
  if (__sync_lock_test_and_set(&mine->busy, 1)) {
    return 0;
  }
  /* Those that failed beside the ring too, and at any time. */
  failed = WP_NOW(mine->failed);
  if (failed != mine->told && put_failed(mine, event->time_ns, failed)) {
    mine->told = failed;
  }
  if (failed == mine->told && write_words(mine, (const __u64*)event, size)) {
    /* First: no event that is read may be one that has not been counted. */
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
