/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a handler's stack to this CPU's ring. Each handler builds one record on its own stack,
 * because a program at a tracepoint with interrupts on can be interrupted, and from 7.0 on
 * preempted, in its middle: per-CPU scratch memory would be overwritten then.
 *
 * Every run of a program counts once, as written, failed or skipped; names are extra attempts.
 */
#ifndef WAKEPATH_EMIT_BPF_H
#define WAKEPATH_EMIT_BPF_H

#include "compat.bpf.h"
#include "maps.bpf.h"

/* Declares `name`, a record with one event of the given kind, begun: only name.data is to be
 * filled. */
#define WP_BEGIN(name, payload, event_kind) \
  struct {                                  \
    struct wp_batch batch;                  \
    struct wp_event event;                  \
    payload data;                           \
  } name;                                   \
  begin(&(name).batch, &(name).event, (event_kind), sizeof(name))

#define WP_EMIT(name) emit(&(name), sizeof(name), (name).batch.cpu)

static __always_inline void begin(struct wp_batch* batch, struct wp_event* event, __u8 kind,
                                  __u16 size) {
  __u64 now = bpf_ktime_get_ns();
  __u32 cpu = bpf_get_smp_processor_id();

  batch->record.type = WP_RECORD_BATCH;
  batch->record.count = 1;
  batch->record.size = size;
  batch->cpu = cpu;
  batch->flags = 0;
  batch->failed = *(volatile __u64*)&counters_of(cpu)->failed;
  event->time_ns = now;
  event->kind = kind;
  event->context = 0;
  event->size = size - sizeof(*batch);
  event->tid = (__u32)bpf_get_current_pid_tgid();
}

/* No wake-up: it would be an interrupt and a waking for each event, which we would see and record.
 */
static __always_inline long emit(void* record, __u32 size, __u32 cpu) {
  void* ring;

  if (!capturing) {
    __sync_fetch_and_add(&counters_of(cpu)->skipped, 1);
    return -1;
  }
  ring = bpf_map_lookup_elem(&rings, &cpu);
  if (ring && bpf_ringbuf_output(ring, record, size, BPF_RB_NO_WAKEUP) == 0) {
    __sync_fetch_and_add(&counters_of(cpu)->written, 1);
    return 0;
  }
  __sync_fetch_and_add(&counters_of(cpu)->failed, 1);
  return -1;
}

static __always_inline int skip(void) {
  __sync_fetch_and_add(&counters_of(bpf_get_smp_processor_id())->skipped, 1);
  return 0;
}

/* A record that names something, before the event that needs the name. */
static __always_inline long emit_name(struct wp_batch* batch, __u32 size) {
  if (!capturing) {
    return -1;
  }
  batch->flags = WP_BATCH_NAMES;
  __sync_fetch_and_add(&counters_of(batch->cpu)->names, 1);
  return emit(batch, size, batch->cpu);
}

#endif
