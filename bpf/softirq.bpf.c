// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity.bpf.h"

SEC("?tp_btf/softirq_raise")
int softirq_raise(unsigned long long* ctx) {
  WP_BEGIN(record, struct wp_softirq, WP_EVENT_SOFTIRQ_RAISE);

  record.event.context = current_context(record.batch.cpu);
  record.data.vector = (__u32)ctx[0];
  record.data.reserved = 0;
  WP_EMIT(record);
  return 0;
}

static __always_inline int emit_softirq(__u8 kind, __u32 vector) {
  WP_BEGIN(record, struct wp_softirq, kind);

  record.data.vector = vector;
  record.data.reserved = 0;
  WP_EMIT(record);
  return 0;
}

SEC("?tp_btf/softirq_entry")
int softirq_entry(unsigned long long* ctx) {
  return emit_softirq(WP_EVENT_SOFTIRQ_ENTRY, (__u32)ctx[0]);
}

SEC("?tp_btf/softirq_exit")
int softirq_exit(unsigned long long* ctx) {
  return emit_softirq(WP_EVENT_SOFTIRQ_EXIT, (__u32)ctx[0]);
}

char LICENSE[] SEC("license") = "GPL";
