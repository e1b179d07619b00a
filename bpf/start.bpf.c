// SPDX-License-Identifier: GPL-2.0-or-later
// Finds the vCPUs that are there when the capture begins: run once over all tasks, before any
// program is attached.
#include "identity.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct rq {
  int cpu;
};

struct cfs_rq {
  struct rq* rq;
};

struct sched_entity {
  struct cfs_rq* cfs_rq;
};

struct task_struct___fair_group {
  struct sched_entity se;
};

struct task_struct___smp {
  int on_cpu;
};

#pragma clang attribute pop

// kernel/bpf/task_iter.c. Part of BPF's interface: it keeps its layout.
struct bpf_iter__task {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
};

SEC("?iter/task")
int find_vcpus(struct bpf_iter__task* ctx) {
  struct bpf_iter_meta* meta = ctx->meta;
  struct task_struct* task = ctx->task;
  struct task_struct___smp* smp = (void*)task;
  struct wp_vcpu found;

  reader_tgid = bpf_get_current_pid_tgid() >> 32;
  if (!task || !read_vcpu(&found, task)) {
    return 0;
  }
  if (bpf_core_field_exists(smp->on_cpu)) {
    // A call: a plain load would be done before the test of its being there.
    found.state = BPF_CORE_READ(smp, on_cpu) ? WP_VCPU_ON_CPU
                  : task_state(task)         ? WP_VCPU_ASLEEP
                                             : WP_VCPU_WAITING;
  }
  if (bpf_seq_write(meta->seq, &found, sizeof(found)) == 0) {
    remember_vcpu(&found);
  }
  return 0;
}

// x86: every CPU has kernel threads of its own, and those lead to its run queue, which is a per-CPU
// variable as preempt_count is: the distance between the two, known from BTF, is the same on each
// CPU.
SEC("?iter/task")
int find_preempt_counts(struct bpf_iter__task* ctx) {
  struct task_struct___fair_group* task = (void*)ctx->task;
  struct rq* queue;
  __u32 cpu;

  if (!task) {
    return 0;
  }
  queue = BPF_CORE_READ(task, se.cfs_rq, rq);
  if (queue) {
    cpu = (__u32)BPF_CORE_READ(queue, cpu);
    preempt_counts[cpu & (WP_MAX_CPUS - 1)] = (__u64)queue + preempt_count_from_rq;
  }
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
