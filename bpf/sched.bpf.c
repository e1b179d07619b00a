// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity.bpf.h"

static __always_inline void fill_wake(struct wp_wake* wake, struct task_struct* task) {
  wake->tid = task->pid;
  wake->cpu = task_cpu(task);
  wake->prio = task->prio;
  wake->flags = task_flags(task);
}

// sched_waking(struct task_struct *p)
SEC("?tp_btf/sched_waking")
int BPF_PROG(sched_waking, struct task_struct* p) {
  WP_BEGIN(record, struct wp_wake, WP_EVENT_WAKING);

  record.event.context = current_context(record.batch.cpu);
  fill_wake(&record.data, p);
  WP_EMIT(record);
  return 0;
}

// sched_wakeup(struct task_struct *p)
SEC("?tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct* p) {
  WP_BEGIN(record, struct wp_wake, WP_EVENT_WAKEUP);

  fill_wake(&record.data, p);
  WP_EMIT(record);
  return 0;
}

// sched_switch(bool preempt, struct task_struct *prev, struct task_struct *next)
// 5.18 on: (bool preempt, struct task_struct *prev, struct task_struct *next,
//           unsigned int prev_state); in its first release candidates prev_state came second.
SEC("?tp_btf/sched_switch")
int sched_switch(unsigned long long* ctx) {
  struct task_struct* prev = switch_prev(ctx);
  struct task_struct* next = switch_next(ctx);
  WP_BEGIN(record, struct wp_switch, WP_EVENT_SWITCH);
  struct wp_cpu_counters* mine = counters_of(record.batch.cpu);

  record.data.next_tid = next->pid;
  record.data.prev_state = switch_state(ctx, prev);
  record.data.next_prio = next->prio;
  record.data.preempt = switch_preempt(ctx);
  record.data.prev_flags = (__u8)task_flags(prev);
  record.data.next_flags = (__u8)task_flags(next);
  record.data.reserved = 0;
  ((__u64*)record.data.next_comm)[0] = *(__u64*)&next->comm[0];
  ((__u64*)record.data.next_comm)[1] = *(__u64*)&next->comm[8];
  if (!user_exits_seen || mine->named_tid != (__u32)prev->pid) {
    need_vcpu_of(prev);
  }
  need_vcpu_of_next(mine, next);
  if (record.data.next_flags & WP_TASK_VCPU_LOADED) {
    mine->entry_wanted = 1;
  }
  WP_EMIT(record);
  return 0;
}

// sched_migrate_task(struct task_struct *p, int dest_cpu)
SEC("?tp_btf/sched_migrate_task")
int BPF_PROG(sched_migrate_task, struct task_struct* p, __u32 dest_cpu) {
  WP_BEGIN(record, struct wp_migrate, WP_EVENT_MIGRATE);

  record.data.tid = p->pid;
  record.data.cpu = dest_cpu;
  WP_EMIT(record);
  return 0;
}

// A thread that renames itself may act before it is next switched in under its new name.
// task_rename(struct task_struct *task, const char *comm)
SEC("?tp_btf/task_rename")
int BPF_PROG(task_rename, struct task_struct* task, const char* comm) {
  WP_BEGIN(record, struct wp_rename, WP_EVENT_RENAME);

  record.data.tid = task->pid;
  record.data.reserved = 0;
  __builtin_memset(record.data.comm, 0, sizeof(record.data.comm));
  bpf_probe_read_kernel_str(record.data.comm, sizeof(record.data.comm), comm);
  WP_EMIT(record);
  return 0;
}

// It comes after the waking that the signal made, still under the signal's lock
// (__send_signal_locked() in kernel/signal.c). Only a signal that may have woken a vCPU matters.
// signal_generate(int sig, struct kernel_siginfo *info, struct task_struct *task, int group,
//                 int result)
SEC("?tp_btf/signal_generate")
int BPF_PROG(signal_generate, __u32 sig, void* info, struct task_struct* task, __u32 group) {
  __u32 tid = task->pid;

  // A vCPU that the signal woke may have left KVM_RUN already.
  if (!group && !vcpu_link(task) && !bpf_map_lookup_elem(&vcpus, &tid)) {
    return skip();
  }
  WP_BEGIN(record, struct wp_signal, WP_EVENT_SIGNAL);
  record.data.number = sig;
  record.data.tid = tid;
  record.data.tgid = task->tgid;
  record.data.group = group != 0;
  WP_EMIT(record);
  return 0;
}

// sched_process_exit(struct task_struct *p); newer kernels: (struct task_struct *p,
//                                                            bool group_dead)
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct* p) {
  __u32 tid = p->pid;
  WP_BEGIN(record, struct wp_task_exit, WP_EVENT_TASK_EXIT);

  record.data.tid = tid;
  record.data.tgid = p->tgid;
  if (bpf_map_delete_elem(&vcpus, &tid) == 0) {
    __sync_fetch_and_add(&naming_round, 1);  // another thread may get its number
  }
  WP_EMIT(record);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
