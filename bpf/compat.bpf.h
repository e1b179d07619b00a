/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One shim per change in the kernel that the programs would see. Which shape is there is decided
 * from BTF: of types here by CO-RE, of tracepoint arguments by user space (the constants in
 * maps.bpf.h). The branches of other kernels are dead code, which the verifier removes.
 */
#ifndef WAKEPATH_COMPAT_BPF_H
#define WAKEPATH_COMPAT_BPF_H

#include "kernel_types.bpf.h"

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "maps.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct___before_5_14 {
  volatile long state;
};

struct task_struct___before_5_19 {
  unsigned int cpu;
};

struct thread_info___with_cpu {
  unsigned int cpu;
};

struct task_struct___with_cpu_in_thread_info {
  struct thread_info___with_cpu thread_info;
};

struct thread_info___arm64 {
  __u64 preempt_count;
};

struct task_struct___arm64 {
  struct thread_info___arm64 thread_info;
};

struct task_struct___preempt_rt {
  int softirq_disable_cnt;
};

#pragma clang attribute pop

/* 5.14, 2f064a59a11f: task_struct.state became __state. */
static __always_inline __u32 task_state(struct task_struct* task) {
  struct task_struct___before_5_14* old = (void*)task;

  if (bpf_core_field_exists(task->__state)) {
    return task->__state;
  }
  return (__u32)old->state;
}

/* 5.18, fa2c3254d7cf: sched_switch carries the state; 9c2136be0878 moved it from second to last. */
static __always_inline __u32 switch_state(unsigned long long* ctx, struct task_struct* prev) {
  unsigned long long state;

  if (switch_state_arg == 3) {
    state = ctx[3];
    WP_KEEP(state);
    return (__u32)state;
  }
  if (switch_state_arg == 1) {
    state = ctx[1];
    WP_KEEP(state);
    return (__u32)state;
  }
  return task_state(prev);
}

static __always_inline __u8 switch_preempt(const unsigned long long* ctx) { return (__u8)ctx[0]; }

static __always_inline struct task_struct* switch_prev(unsigned long long* ctx) {
  unsigned long long task;

  if (switch_state_arg == 1) {
    task = ctx[2];
    WP_KEEP(task);
    return (void*)task;
  }
  return (void*)ctx[1];
}

static __always_inline struct task_struct* switch_next(unsigned long long* ctx) {
  unsigned long long task;

  if (switch_state_arg == 1) {
    task = ctx[3];
    WP_KEEP(task);
    return (void*)task;
  }
  return (void*)ctx[2];
}

/* 5.16 to 5.19, bcf9033e5449: the CPU of a task moved to its thread_info. */
static __always_inline __u32 task_cpu(struct task_struct* task) {
  struct task_struct___with_cpu_in_thread_info* now = (void*)task;
  struct task_struct___before_5_19* old = (void*)task;

  if (bpf_core_field_exists(now->thread_info.cpu)) {
    return now->thread_info.cpu;
  }
  return old->cpu;
}

/* 5.11, 3ca1032ab7ab: what the helper gives can be read like an argument. */
#define WP_HAS_CURRENT_TASK_BTF \
  bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)

/* On arm64 the task tells both for one call; on x86 two helpers are cheaper, of which one is
 * inlined. */
static __always_inline void current_place(__u32* cpu, __u32* tid) {
#ifdef __TARGET_ARCH_arm64
  struct task_struct___with_cpu_in_thread_info* task = 0;

  if (WP_HAS_CURRENT_TASK_BTF && bpf_core_field_exists(task->thread_info.cpu)) {
    task = (void*)bpf_get_current_task_btf();
    *cpu = task->thread_info.cpu;
    *tid = ((struct task_struct*)task)->pid;
    return;
  }
#endif
  *cpu = bpf_get_smp_processor_id();
  *tid = (__u32)bpf_get_current_pid_tgid();
}

/* A program at a tracepoint may not read an argument that is a pointer to a function. */
static __always_inline __u64 function_argument(const unsigned long long* place) {
  __u64 function = 0;

  bpf_probe_read_kernel(&function, sizeof(function), place);
  return function;
}

/* 5.13, 7b15523a989b. Before that user space looks names up. False: not just now. */
static __always_inline int print_function(char* name, __u32 size, __u64 address) {
  static const char format[] = "%ps";

  __builtin_memset(name, 0, WP_FUNCTION_BYTES);
  if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_snprintf)) {
    return 1;
  }
  return bpf_snprintf(name, size, format, &address, sizeof(address)) >= 0;
}

/* 5.6, 1c5da0ec7f20: workqueue_execute_end tells the function. The work itself may be gone by then.
 */
static __always_inline __u64 work_end_function(const unsigned long long* ctx) {
  return work_end_has_function ? function_argument(&ctx[1]) : 0;
}

static __always_inline __u64 kthread_work_end_function(const unsigned long long* ctx) {
  return function_argument(&ctx[1]);
}

/* arm64 alone tells where the guest goes on. */
static __always_inline __u64 kvm_entry_pc(const unsigned long long* ctx) {
  return kvm_entry_has_pc ? ctx[0] : 0;
}

/* x86, 5.17 to 5.19, 0a62a0319abb: (reason, vcpu, isa) became (vcpu, isa). -1: not told. */
static __always_inline __s32 kvm_exit_reason(const unsigned long long* ctx) {
  return kvm_exit_has_reason ? (__s32)ctx[0] : -1;
}

static __always_inline __u32 kvm_exit_class(const unsigned long long* ctx) {
  return kvm_exit_has_class ? (__u32)ctx[1] : 0;
}

/*
 * The context of a probe is the registers. The register of the first argument, x0, comes first on
 * arm64; on x86 rdi is the 15th (struct pt_regs in arch/x86/include/asm/ptrace.h).
 */
static __always_inline __u64 first_register_argument(const unsigned long long* ctx) {
#ifdef __TARGET_ARCH_arm64
  return ctx[0];
#else
  return ctx[14];
#endif
}

/* The timer's clock base less CLOCK_MONOTONIC. */
static __always_inline __s64 timer_base_offset(struct hrtimer* timer) {
  return timer->base->offset;
}

#define SERVING_SOFTIRQ 0x00000100u /* include/linux/preempt.h */
#define HARDIRQ_MASK 0x000f0000u
#define NMI_MASK 0x00f00000u

/*
 * This CPU's preempt_count. arm64 keeps it in the task. x86 has a per-CPU variable, which 6.2
 * to 6.14 (64701838bf05, 46e8fff6d45f) had inside pcpu_hot; a ksym would find it only where the
 * kernel was built with KALLSYMS_ALL, so start.bpf.c looks its addresses up. 0: this kernel does
 * not let us see it.
 */
static __always_inline __u8 current_context(__u32 cpu) {
  struct task_struct___arm64* task = 0;
  struct task_struct___preempt_rt* rt = 0;
  __u32 count = 0, softirq;
  __u8 context = WP_CONTEXT_KNOWN;

  if (bpf_core_field_exists(task->thread_info.preempt_count)) {
    if (WP_HAS_CURRENT_TASK_BTF) {
      task = (void*)bpf_get_current_task_btf();
      count = (__u32)task->thread_info.preempt_count;
    } else {
      task = (void*)bpf_get_current_task();
      count = (__u32)BPF_CORE_READ(task, thread_info.preempt_count);
    }
  } else {
    __u64 address = preempt_counts[cpu & (WP_MAX_CPUS - 1)];

    if (!address || bpf_probe_read_kernel(&count, sizeof(count), (const void*)address)) {
      return 0;
    }
  }
  softirq = count;
  if (bpf_core_field_exists(rt->softirq_disable_cnt)) {
    rt = (void*)bpf_get_current_task();
    softirq = (__u32)BPF_CORE_READ(rt, softirq_disable_cnt);
  }
  if (softirq & SERVING_SOFTIRQ) {
    context |= WP_CONTEXT_SOFTIRQ;
  }
  if (count & HARDIRQ_MASK) {
    context |= WP_CONTEXT_HARDIRQ;
  }
  if (count & NMI_MASK) {
    context |= WP_CONTEXT_NMI;
  }
  return context;
}

#endif
