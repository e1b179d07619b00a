/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names. A vCPU thread, a function or an irqaction that is seen for the first time is named by a
 * record of its own, before the event. It counts as known only once that record is in the ring: a
 * name that was lost is tried again with the next event.
 */
#ifndef WAKEPATH_IDENTITY_BPF_H
#define WAKEPATH_IDENTITY_BPF_H

#include "emit.bpf.h"

/* Without a KVM, or before its module is loaded, there are no vCPUs to be told. */
#define WP_HAS_PREEMPT_NOTIFIERS            \
  (bpf_core_type_exists(struct kvm_vcpu) && \
   bpf_core_field_exists(((struct task_struct*)0)->preempt_notifiers.first))

/* Of a task that a tp_btf argument gives: whether its thread is inside KVM_RUN. */
static __always_inline __u64 vcpu_link(struct task_struct* task) {
  return WP_HAS_PREEMPT_NOTIFIERS ? (__u64)task->preempt_notifiers.first : 0;
}

static __always_inline __u32 task_flags(struct task_struct* task) {
  __u32 flags = vcpu_link(task) ? WP_TASK_VCPU_LOADED : 0;

  return task->flags & PF_KTHREAD ? flags | WP_TASK_KTHREAD : flags;
}

static __always_inline __u64 link_of(__u64 vcpu) {
  return vcpu + bpf_core_field_offset(struct kvm_vcpu, preempt_notifier.link);
}

static __always_inline __u64 vcpu_of(__u64 link) { return link ? link - link_of(0) : 0; }

/* The kvm_vcpu that `task` has loaded, any address; 0: none. */
static __always_inline __u64 loaded_vcpu(struct task_struct* task) {
  return vcpu_of(WP_HAS_PREEMPT_NOTIFIERS ? (__u64)BPF_CORE_READ(task, preempt_notifiers.first)
                                          : 0);
}

/* What KVM knows of the vCPU that `task` has loaded; false: none. `task` may be any address. */
static __always_inline int read_vcpu(struct wp_vcpu* out, struct task_struct* task) {
  struct kvm_vcpu* vcpu = (void*)loaded_vcpu(task);
  struct task_struct* leader;

  if (!vcpu) {
    return 0;
  }
  leader = BPF_CORE_READ(task, group_leader);
  out->vcpu = (__u64)vcpu;
  out->tid = BPF_CORE_READ(task, pid);
  out->tgid = BPF_CORE_READ(task, tgid);
  out->vcpu_id = BPF_CORE_READ(vcpu, vcpu_id);
  out->vm = BPF_CORE_READ(vcpu, kvm, userspace_pid);
  bpf_probe_read_kernel(out->comm, sizeof(out->comm), &task->comm);
  out->kvm = (__u64)BPF_CORE_READ(vcpu, kvm);
  out->process_start_ns = BPF_CORE_READ(leader, start_boottime);
  bpf_probe_read_kernel(out->process_comm, sizeof(out->process_comm), &leader->comm);
  out->round = naming_round;
  out->state = 0;
  out->reserved = 0;
  return 1;
}

/* `named` is as read_vcpu() filled it in. */
static __always_inline void remember_vcpu(const struct wp_vcpu* named) {
  struct wp_named_vcpu known = {
      .link = link_of(named->vcpu),
      .comm = {((const __u64*)named->comm)[0], ((const __u64*)named->comm)[1]},
      .round = named->round,
  };
  __u32 tid = named->tid;

  bpf_map_update_elem(&vcpus, &tid, &known, BPF_ANY);
}

static __always_inline const struct wp_named_vcpu* named_vcpu(__u32 tid, __u64 link) {
  const struct wp_named_vcpu* known = bpf_map_lookup_elem(&vcpus, &tid);

  return known && known->link == link ? known : 0;
}

static __noinline int name_vcpu(struct task_struct* task) {
  WP_BEGIN(record, struct wp_vcpu, WP_EVENT_VCPU);

  if (!read_vcpu(&record.data, task)) {
    return 0;
  }
  if (named_vcpu(record.data.tid, link_of(record.data.vcpu))) {
    record.data.state = WP_VCPU_AGAIN;
  }
  if (emit_name(&record.batch, sizeof(record)) != 0) {
    return 0;
  }
  remember_vcpu(&record.data);
  return 1;
}

/* QEMU names its threads after they have begun, so a name may change. True: it has its name. */
static __always_inline int need_vcpu_of(struct task_struct* task) {
  __u64 link = vcpu_link(task);
  const struct wp_named_vcpu* known;

  if (!link) {
    return 0;
  }
  known = named_vcpu(task->pid, link);
  if (!known || known->round != naming_round || known->comm[0] != *(__u64*)&task->comm[0] ||
      known->comm[1] != *(__u64*)&task->comm[8]) {
    return name_vcpu(task);
  }
  return 1;
}

/* Of the task that is switched in: mostly it is the vCPU that this CPU had last. */
static __always_inline void need_vcpu_of_next(struct wp_cpu_counters* mine,
                                              struct task_struct* task) {
  __u64 link = vcpu_link(task), round = naming_round;
  __u64 comm[2] = {*(__u64*)&task->comm[0], *(__u64*)&task->comm[8]};
  __u32 tid = task->pid;

  mine->named_tid = 0;
  if (!link) {
    mine->last_tid = 0; /* its number and its vCPU's address may be another's the next time */
    return;
  }
  if (mine->last_tid != tid || mine->link != link || mine->last_round != round ||
      mine->last_comm[0] != comm[0] || mine->last_comm[1] != comm[1]) {
    if (!need_vcpu_of(task)) {
      return;
    }
    mine->last_tid = tid;
    mine->link = link;
    mine->last_round = round;
    mine->last_comm[0] = comm[0];
    mine->last_comm[1] = comm[1];
  }
  mine->named_tid = tid;
}

/*
 * In a KVM tracepoint, which does not always tell its vCPU (arm64 never does). Between two switches
 * a thread keeps its vCPU until KVM_RUN returns, so it is asked for once. Gives the address of its
 * preempt_notifier link; 0: it has no vCPU loaded.
 */
static __always_inline __u64 need_vcpu_of_current(__u32 cpu, __u32 tid) {
  struct wp_cpu_counters* mine = counters_of(cpu);
  struct task_struct* task;
  /* In this order: a thread that preempts us changes both, and named_tid is ours again only with
   * our link. In idle nobody is asked for. */
  __u64 link = WP_NOW(mine->link);

  if (user_exits_seen && tid && WP_NOW(mine->named_tid) == tid) {
    return link;
  }
  task = (void*)bpf_get_current_task();
  link = WP_HAS_PREEMPT_NOTIFIERS ? (__u64)BPF_CORE_READ(task, preempt_notifiers.first) : 0;
  if (!link) {
    return 0;
  }
  if (mine->last_tid != tid || mine->link != link) {
    /* A new round can wait for the next switch. */
    if (!named_vcpu(tid, link) && !name_vcpu(task)) {
      return link;
    }
    mine->last_tid = 0;
    mine->link = link;
  }
  mine->named_tid = tid;
  return link;
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

  /* To print it in vain would cost the most. */
  if (!capturing || !bpf_map_lookup_elem(&side_rings, &record.batch.cpu)) {
    return 0;
  }
  record.data.address = address;
  if (!print_function(record.data.name, sizeof(record.data.name), address)) {
    return 0; /* the next time */
  }
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
