// SPDX-License-Identifier: GPL-2.0-or-later
// Deferred work: workqueues (kworkers) and kthread workers.
#include "identity.bpf.h"

static __always_inline int emit_work(__u8 kind, __u64 work, __u64 function) {
  WP_BEGIN(record, struct wp_work, kind);

  record.data.work = work;
  record.data.function = function;
  record.data.cpu = 0;
  record.data.reserved = 0;
  need_function(function);
  WP_EMIT(record);
  return 0;
}

// workqueue_queue_work(int req_cpu, struct pool_workqueue *pwq, struct work_struct *work)
SEC("?tp_btf/workqueue_queue_work")
int BPF_PROG(workqueue_queue_work, __u32 req_cpu, void* pwq, struct work_struct* work) {
  WP_BEGIN(record, struct wp_work, WP_EVENT_WORK_QUEUE);

  record.event.context = current_context(record.batch.cpu);
  record.data.work = (__u64)work;
  record.data.function = (__u64)work->func;
  // WORK_CPU_UNBOUND is the NR_CPUS that the kernel was built with.
  record.data.cpu = req_cpu < cpus_possible ? req_cpu : WP_CPU_ANY;
  record.data.reserved = 0;
  need_function(record.data.function);
  WP_EMIT(record);
  return 0;
}

// workqueue_execute_start(struct work_struct *work)
SEC("?tp_btf/workqueue_execute_start")
int BPF_PROG(workqueue_execute_start, struct work_struct* work) {
  return emit_work(WP_EVENT_WORK_START, (__u64)work, (__u64)work->func);
}

// workqueue_execute_end(struct work_struct *work, work_func_t function)
// 5.5 and older: (struct work_struct *work)
SEC("?tp_btf/workqueue_execute_end")
int BPF_PROG(workqueue_execute_end, struct work_struct* work) {
  return emit_work(WP_EVENT_WORK_END, (__u64)work, work_end_function(ctx));
}

// sched_kthread_work_queue_work(struct kthread_worker *worker, struct kthread_work *work)
SEC("?tp_btf/sched_kthread_work_queue_work")
int BPF_PROG(sched_kthread_work_queue_work, void* worker, struct kthread_work* work) {
  WP_BEGIN(record, struct wp_work, WP_EVENT_KTHREAD_WORK_QUEUE);

  record.event.context = current_context(record.batch.cpu);
  record.data.work = (__u64)work;
  record.data.function = (__u64)work->func;
  record.data.cpu = WP_CPU_ANY;
  record.data.reserved = 0;
  need_function(record.data.function);
  WP_EMIT(record);
  return 0;
}

// sched_kthread_work_execute_start(struct kthread_work *work)
SEC("?tp_btf/sched_kthread_work_execute_start")
int BPF_PROG(sched_kthread_work_execute_start, struct kthread_work* work) {
  return emit_work(WP_EVENT_KTHREAD_WORK_START, (__u64)work, (__u64)work->func);
}

// sched_kthread_work_execute_end(struct kthread_work *work, kthread_work_func_t function)
SEC("?tp_btf/sched_kthread_work_execute_end")
int BPF_PROG(sched_kthread_work_execute_end, struct kthread_work* work) {
  return emit_work(WP_EVENT_KTHREAD_WORK_END, (__u64)work, kthread_work_end_function(ctx));
}

char LICENSE[] SEC("license") = "GPL";
