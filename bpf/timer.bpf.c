// SPDX-License-Identifier: GPL-2.0-or-later
// High-resolution timers. The tracepoint's own `now` is not read: its type changed between kernels,
// and the record has its time already.
#include "identity.bpf.h"

// hrtimer_start(struct hrtimer *hrtimer, enum hrtimer_mode mode)
SEC("?tp_btf/hrtimer_start")
int BPF_PROG(hrtimer_start, struct hrtimer* hrtimer) {
  WP_BEGIN(record, struct wp_hrtimer_start, WP_EVENT_HRTIMER_START);

  record.data.timer = (__u64)hrtimer;
  record.data.function = (__u64)hrtimer->function;
  record.data.softexpires = hrtimer->_softexpires;
  record.data.base_offset = timer_base_offset(hrtimer);
  need_function(record.data.function);
  WP_EMIT(record);
  return 0;
}

// hrtimer_expire_entry(struct hrtimer *hrtimer, ktime_t *now)
SEC("?tp_btf/hrtimer_expire_entry")
int BPF_PROG(hrtimer_expire_entry, struct hrtimer* hrtimer) {
  WP_BEGIN(record, struct wp_hrtimer_expire, WP_EVENT_HRTIMER_EXPIRE_ENTRY);

  record.data.timer = (__u64)hrtimer;
  record.data.function = (__u64)hrtimer->function;
  record.data.softexpires = hrtimer->_softexpires;
  record.data.base_offset = timer_base_offset(hrtimer);
  need_function(record.data.function);
  WP_EMIT(record);
  return 0;
}

// The timer may be armed again, or freed, by its own function: only its address is used.
// hrtimer_expire_exit(struct hrtimer *hrtimer)
SEC("?tp_btf/hrtimer_expire_exit")
int BPF_PROG(hrtimer_expire_exit, struct hrtimer* hrtimer) {
  WP_BEGIN(record, struct wp_hrtimer_expire, WP_EVENT_HRTIMER_EXPIRE_EXIT);

  record.data.timer = (__u64)hrtimer;
  record.data.function = 0;
  record.data.softexpires = 0;
  record.data.base_offset = 0;
  WP_EMIT(record);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
