/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a handler's stack to the reader. Each handler builds one record on its own stack, because a
 * program at a tracepoint with interrupts on can be interrupted, and from 7.0 on preempted, in its
 * middle. The event then goes to its CPU's event ring (event_ring.bpf.h), or, where a program that
 * we interrupt is writing to that, and where there is none, to its BPF ring buffer.
 *
 * Every run of a program counts once, as written, beside, failed or skipped; names are extra
 * attempts.
 */
#ifndef WAKEPATH_EMIT_BPF_H
#define WAKEPATH_EMIT_BPF_H

#include "compat.bpf.h"
#include "event_ring.bpf.h"

/* Declares `name`, a record with one event of the given kind, begun: only name.data is to be
 * filled. */
#define WP_BEGIN(name, payload, event_kind) \
  struct {                                  \
    struct wp_batch batch;                  \
    struct wp_event event;                  \
    payload data;                           \
  } name;                                   \
  begin(&(name).batch, &(name).event, (event_kind), sizeof(name))

#define WP_EMIT(name) emit(&(name).batch, &(name).event, sizeof(name))

static __always_inline void begin(struct wp_batch* batch, struct wp_event* event, __u8 kind,
                                  __u16 size) {
  event->time_ns = bpf_ktime_get_ns();
  event->kind = kind;
  event->context = 0;
  event->size = size - sizeof(*batch);
  current_place(&batch->cpu, &event->tid);
}

/* No wake-up: it would be an interrupt and a waking for each event, which we would see and record.
 */
static __always_inline long emit_beside(struct wp_batch* batch, __u32 size, __u32 flags) {
  struct wp_cpu_counters* mine = counters_of(batch->cpu);
  void* ring;

  batch->record.type = WP_RECORD_BATCH;
  batch->record.count = 1;
  batch->record.size = size;
  batch->flags = flags;
  batch->failed = *(volatile __u64*)&mine->failed;
  ring = bpf_map_lookup_elem(&side_rings, &batch->cpu);
  if (ring && bpf_ringbuf_output(ring, batch, size, BPF_RB_NO_WAKEUP) == 0) {
    __sync_fetch_and_add(&mine->beside, 1);
    return 0;
  }
  __sync_fetch_and_add(&mine->failed, 1);
  return -1;
}

static __always_inline void emit(struct wp_batch* batch, const struct wp_event* event, __u32 size) {
  struct wp_cpu_counters* mine = counters_of(batch->cpu);

  if (!capturing) {
    __sync_fetch_and_add(&mine->skipped, 1);
  } else if (!put_event(mine, event, size - sizeof(*batch))) {
    emit_beside(batch, size, 0);
  }
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
  __sync_fetch_and_add(&counters_of(batch->cpu)->names, 1);
  return emit_beside(batch, size, WP_BATCH_NAMES);
}

#endif
