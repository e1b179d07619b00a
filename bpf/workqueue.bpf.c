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

SEC("?tp_btf/workqueue_queue_work")
int workqueue_queue_work(unsigned long long* ctx) {
  struct work_struct* work = (void*)ctx[2];
  __u32 cpu = (__u32)ctx[0];
  WP_BEGIN(record, struct wp_work, WP_EVENT_WORK_QUEUE);

  record.event.context = current_context(record.batch.cpu);
  record.data.work = (__u64)work;
  record.data.function = (__u64)work->func;
  // WORK_CPU_UNBOUND is the NR_CPUS that the kernel was built with.
  record.data.cpu = cpu < cpus_possible ? cpu : WP_CPU_ANY;
  record.data.reserved = 0;
  need_function(record.data.function);
  WP_EMIT(record);
  return 0;
}

SEC("?tp_btf/workqueue_execute_start")
int workqueue_execute_start(unsigned long long* ctx) {
  struct work_struct* work = (void*)ctx[0];

  return emit_work(WP_EVENT_WORK_START, (__u64)work, (__u64)work->func);
}

SEC("?tp_btf/workqueue_execute_end")
int workqueue_execute_end(unsigned long long* ctx) {
  return emit_work(WP_EVENT_WORK_END, ctx[0], work_end_function(ctx));
}

SEC("?tp_btf/sched_kthread_work_queue_work")
int sched_kthread_work_queue_work(unsigned long long* ctx) {
  struct kthread_work* work = (void*)ctx[1];
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

SEC("?tp_btf/sched_kthread_work_execute_start")
int sched_kthread_work_execute_start(unsigned long long* ctx) {
  struct kthread_work* work = (void*)ctx[0];

  return emit_work(WP_EVENT_KTHREAD_WORK_START, (__u64)work, (__u64)work->func);
}

SEC("?tp_btf/sched_kthread_work_execute_end")
int sched_kthread_work_execute_end(unsigned long long* ctx) {
  return emit_work(WP_EVENT_KTHREAD_WORK_END, ctx[0], function_argument(ctx, 1));
}

char LICENSE[] SEC("license") = "GPL";
