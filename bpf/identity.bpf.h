/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is who. A vCPU thread, a function or an irqaction that is seen for the first time is named by
 * a record of its own, before the event. It counts as known only once that record is in the ring: a
 * name that was lost is tried again with the next event.
 */
#ifndef WAKEPATH_IDENTITY_BPF_H
#define WAKEPATH_IDENTITY_BPF_H

#include "emit.bpf.h"

#define WP_HAS_PREEMPT_NOTIFIERS \
  bpf_core_field_exists(((struct task_struct*)0)->preempt_notifiers.first)

/* Of a task that a tp_btf argument gives: whether its thread is inside KVM_RUN. */
static __always_inline __u64 vcpu_link(struct task_struct* task) {
  return WP_HAS_PREEMPT_NOTIFIERS ? (__u64)task->preempt_notifiers.first : 0;
}

static __always_inline __u32 task_flags(struct task_struct* task) {
  __u32 flags = vcpu_link(task) ? WP_TASK_VCPU_LOADED : 0;

  return task->flags & PF_KTHREAD ? flags | WP_TASK_KTHREAD : flags;
}

/* The kvm_vcpu that `task` has loaded, any address; 0: none. */
static __always_inline __u64 loaded_vcpu(struct task_struct* task) {
  __u64 link = WP_HAS_PREEMPT_NOTIFIERS ? (__u64)BPF_CORE_READ(task, preempt_notifiers.first) : 0;

  return link ? link - bpf_core_field_offset(struct kvm_vcpu, preempt_notifier.link) : 0;
}

/* What KVM knows of the vCPU that `task` has loaded; false: none. `task` may be any address. */
static __always_inline int read_vcpu(struct wp_vcpu* out, struct task_struct* task) {
  struct kvm_vcpu* vcpu = (void*)loaded_vcpu(task);

  if (!vcpu) {
    return 0;
  }
  out->vcpu = (__u64)vcpu;
  out->tid = BPF_CORE_READ(task, pid);
  out->tgid = BPF_CORE_READ(task, tgid);
  out->vcpu_id = BPF_CORE_READ(vcpu, vcpu_id);
  out->vm = BPF_CORE_READ(vcpu, kvm, userspace_pid);
  bpf_probe_read_kernel(out->comm, sizeof(out->comm), &task->comm);
  return 1;
}

static __noinline int name_vcpu(struct task_struct* task) {
  WP_BEGIN(record, struct wp_vcpu, WP_EVENT_VCPU);

  if (read_vcpu(&record.data, task) && emit_name(&record.batch, sizeof(record)) == 0) {
    __u32 tid = record.data.tid;
    __u64 link = record.data.vcpu + bpf_core_field_offset(struct kvm_vcpu, preempt_notifier.link);
    bpf_map_update_elem(&vcpus, &tid, &link, BPF_ANY);
  }
  return 0;
}

static __always_inline int vcpu_is_named(__u32 tid, __u64 link) {
  __u64* known = bpf_map_lookup_elem(&vcpus, &tid);

  return known && *known == link;
}

static __always_inline void need_vcpu_of(struct task_struct* task) {
  __u64 link = vcpu_link(task);

  if (link && !vcpu_is_named(task->pid, link)) {
    name_vcpu(task);
  }
}

/* In a KVM tracepoint, which does not always tell its vCPU (arm64 never does). */
static __always_inline void need_vcpu_of_current(__u32 tid) {
  struct task_struct* task = (void*)bpf_get_current_task();
  __u64 link = WP_HAS_PREEMPT_NOTIFIERS ? (__u64)BPF_CORE_READ(task, preempt_notifiers.first) : 0;

  if (link && !vcpu_is_named(tid, link)) {
    name_vcpu(task);
  }
}

/*
 * A pointer's low half as a number. The verifier allows no arithmetic with typed pointers, and
 * from 6.17 on function pointers and strings are such (rdonly_untrusted_mem) too; a 32-bit copy
 * becomes a number.
 */
static __always_inline __u32 low_half(__u64 pointer) {
  __u32 number;

  asm volatile("%0 = %1" : "=w"(number) : "w"((__u32)pointer));
  return number;
}

static __always_inline __u32 name_slot(__u32 key) {
  return (key * 0x9e3779b1u) >> 20 & (WP_KNOWN_NAMES - 1);
}

/* Two places for each key, so that two busy ones that share a slot do not evict each other. */
static __always_inline int is_known(__u64* table, __u32 key, __u64 value) {
  __u32 slot = name_slot(key);

  return table[slot] == value || table[slot ^ 1] == value;
}

static __always_inline void make_known(__u64* table, __u32 key, __u64 value) {
  __u32 slot = name_slot(key);

  table[table[slot] ? slot ^ 1 : slot] = value;
}

static __noinline int name_function(__u64 address) {
  WP_BEGIN(record, struct wp_function, WP_EVENT_FUNCTION);

  record.data.address = address;
  if (emit_name(&record.batch, sizeof(record)) == 0) {
    make_known(known_functions, low_half(address), address);
  }
  return 0;
}

static __always_inline void need_function(__u64 address) {
  if (address && !is_known(known_functions, low_half(address), address)) {
    name_function(address);
  }
}

#endif
