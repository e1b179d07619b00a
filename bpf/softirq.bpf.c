// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity.bpf.h"

// softirq_raise(unsigned int vec_nr)
SEC("?tp_btf/softirq_raise")
int BPF_PROG(softirq_raise, __u32 vec_nr) {
  WP_BEGIN(record, struct wp_softirq, WP_EVENT_SOFTIRQ_RAISE);

  record.event.context = current_context(record.batch.cpu);
  record.data.vector = vec_nr;
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

// softirq_entry(unsigned int vec_nr)
SEC("?tp_btf/softirq_entry")
int BPF_PROG(softirq_entry, __u32 vec_nr) { return emit_softirq(WP_EVENT_SOFTIRQ_ENTRY, vec_nr); }

// softirq_exit(unsigned int vec_nr)
SEC("?tp_btf/softirq_exit")
int BPF_PROG(softirq_exit, __u32 vec_nr) { return emit_softirq(WP_EVENT_SOFTIRQ_EXIT, vec_nr); }

char LICENSE[] SEC("license") = "GPL";
