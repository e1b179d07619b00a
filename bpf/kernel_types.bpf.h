/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few kernel types that the programs read, with only the fields that they read. CO-RE finds the
 * real offsets in the running kernel's BTF, so neither order nor size matters here. A name after
 * "___" is a flavour: another shape that the same type has, or once had, in some kernels.
 */
#ifndef WAKEPATH_KERNEL_TYPES_BPF_H
#define WAKEPATH_KERNEL_TYPES_BPF_H

#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct hlist_node {
  struct hlist_node* next;
};

struct hlist_head {
  struct hlist_node* first;
};

struct task_struct {
  int pid;
  int tgid;
  int prio;
  unsigned int flags;
  unsigned int __state;
  char comm[16];
  struct task_struct* group_leader;
  __u64 start_boottime;                /* real_start_time before 5.5, cf25e24db61c */
  struct hlist_head preempt_notifiers; /* only with CONFIG_PREEMPT_NOTIFIERS: whatever has KVM */
};

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h, the same in 4.14 to 7.3 */

struct irqaction {
  const char* name;
};

struct hrtimer;

struct hrtimer_clock_base {
  __s64 offset;
};

struct hrtimer {
  __s64 _softexpires;
  int (*function)(struct hrtimer* timer);
  struct hrtimer_clock_base* base;
};

struct work_struct {
  void (*func)(struct work_struct* work);
};

struct kthread_work {
  void (*func)(struct kthread_work* work);
};

struct kvm {
  int userspace_pid;
};

struct preempt_notifier {
  struct hlist_node link;
};

struct arch_timer_context;

struct kvm_vcpu {
  struct preempt_notifier preempt_notifier;
  struct kvm* kvm;
  int vcpu_id;
};

struct seq_file;

struct bpf_iter_meta {
  struct seq_file* seq;
};

#pragma clang attribute pop

#endif
