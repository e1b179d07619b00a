// SPDX-License-Identifier: GPL-2.0-or-later
// The cost of the parts that wakepath's programs have, or could have: a program for each, run by
// BPF_PROG_TEST_RUN. For `scripts/bench pieces`.
#include "kernel_types.bpf.h"

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 << 20);  // room for all runs, as nobody reads
} ring SEC(".maps");

struct inner_ring {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 20);
} inner SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 8);
  __type(key, __u32);
  __array(values, struct inner_ring);
} rings SEC(".maps") = {.values = {&inner, &inner, &inner, &inner, &inner, &inner, &inner, &inner}};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u64[4]);
} hash SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64[8]);
} scratch SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u64[8]);
} array SEC(".maps");

__u64 slots[64][1024];  // the number of used slots, then the slots
__u64 counter;
volatile __u64 result;

#define PIECE(name)                              \
  static __always_inline void body_##name(void); \
  SEC("raw_tp/" #name) int name(void* ctx) {     \
    body_##name();                               \
    return 0;                                    \
  }                                              \
  static __always_inline void body_##name(void)

PIECE(nothing) {}
PIECE(ktime_get_ns) { result = bpf_ktime_get_ns(); }
PIECE(processor_id) { result = bpf_get_smp_processor_id(); }
PIECE(pid_tgid) { result = bpf_get_current_pid_tgid(); }
PIECE(current_task) { result = bpf_get_current_task(); }
PIECE(atomic_add) { __sync_fetch_and_add(&counter, 1); }
PIECE(global_store) { result = 1; }
PIECE(array_lookup) {
  __u32 key = 5;
  __u64* value = bpf_map_lookup_elem(&array, &key);
  if (value) result = *value;
}
PIECE(percpu_lookup) {
  __u32 key = 0;
  __u64* value = bpf_map_lookup_elem(&scratch, &key);
  if (value) result = *value;
}
PIECE(hash_miss) {
  __u32 key = 77;
  result = (__u64)bpf_map_lookup_elem(&hash, &key);
}
PIECE(hash_update) {
  __u32 key = 5;
  __u64 value[4] = {1, 2, 3, 4};
  bpf_map_update_elem(&hash, &key, value, BPF_ANY);
}
PIECE(hash_hit) {
  __u32 key = 5;
  __u64* value = bpf_map_lookup_elem(&hash, &key);
  if (value) result = *value;
}
PIECE(map_of_rings) {
  __u32 key = 1;
  result = !!bpf_map_lookup_elem(&rings, &key);
}
PIECE(probe_read_8) {
  __u64 value = 0;
  bpf_probe_read_kernel(&value, sizeof(value), (const void*)bpf_get_current_task());
  result = value;
}
PIECE(probe_read_16) {
  __u64 value[2] = {};
  bpf_probe_read_kernel(value, sizeof(value), (const void*)bpf_get_current_task());
  result = value[0];
}
PIECE(core_read_two) {
  struct task_struct* task = (void*)bpf_get_current_task();
  result = BPF_CORE_READ(task, group_leader, pid);
}

#define OUTPUT(size)                                           \
  PIECE(ringbuf_output_##size) {                               \
    __u64 record[(size) / 8] = {1, 2, 3, 4};                   \
    bpf_ringbuf_output(&ring, record, size, BPF_RB_NO_WAKEUP); \
  }
OUTPUT(40)
OUTPUT(56)
OUTPUT(72)
OUTPUT(256)

PIECE(reserve_submit_40) {
  __u64* record = bpf_ringbuf_reserve(&ring, 40, 0);
  if (!record) return;
  record[0] = 1;
  record[1] = 2;
  record[2] = 3;
  record[3] = 4;
  record[4] = 5;
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}
// An event of three words into memory of its CPU, whose number is known.
PIECE(stage_24) {
  __u64* words = slots[counter & 63];
  __u64 at = words[0] & 511;

  words[at + 1] = 1;
  words[at + 2] = 2;
  words[at + 3] = 3;
  *(volatile __u64*)&words[0] = at + 3;
}

// Typed, so that its fields are loaded without a helper; since 5.11.
PIECE(current_task_btf_field) {
  struct task_struct* task = bpf_get_current_task_btf();

  result = task->pid;
}

// Whether a thread matters, by a bit for its number.
__u64 bits[4096];
PIECE(bitmap_test) {
  __u32 pid = (__u32)counter;

  result = bits[(pid >> 6) & 4095] >> (pid & 63) & 1;
}

// Whole programs: an event of 40 bytes as one ring record; as staged words; and left out by a flag
// of its CPU.
PIECE(whole_ring) {
  __u64 record[5] = {};
  __u32 cpu = bpf_get_smp_processor_id() & 7;
  void* inner_ring;

  record[0] = bpf_ktime_get_ns();
  record[1] = bpf_get_current_pid_tgid();
  record[2] = slots[cpu & 63][1];
  inner_ring = bpf_map_lookup_elem(&rings, &cpu);
  if (inner_ring && bpf_ringbuf_output(inner_ring, record, sizeof(record), BPF_RB_NO_WAKEUP) == 0) {
    __sync_fetch_and_add(&counter, 1);
  }
}
PIECE(whole_staged) {
  __u32 cpu = bpf_get_smp_processor_id();
  __u64* words = slots[cpu & 63];
  __u64 at = words[0] & 511;

  words[at + 1] = bpf_ktime_get_ns();
  words[at + 2] = 2;
  words[at + 3] = 3;
  *(volatile __u64*)&words[0] = at + 3;
}
PIECE(whole_left_out) {
  __u32 cpu = bpf_get_smp_processor_id();

  if (!*(volatile __u64*)&slots[cpu & 63][1000]) {
    return;
  }
  result = bpf_ktime_get_ns();
}

char LICENSE[] SEC("license") = "GPL";
