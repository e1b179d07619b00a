// SPDX-License-Identifier: GPL-2.0-or-later
// High-resolution timers. The tracepoint's own `now` is not read: its type changed between kernels,
// and the record has its time already.
#include "identity.bpf.h"

SEC("?tp_btf/hrtimer_start")
int hrtimer_start(unsigned long long* ctx) {
  struct hrtimer* timer = (void*)ctx[0];
  WP_BEGIN(record, struct wp_hrtimer_start, WP_EVENT_HRTIMER_START);

  record.data.timer = (__u64)timer;
  record.data.function = (__u64)timer->function;
  record.data.softexpires = timer->_softexpires;
  record.data.base_offset = timer_base_offset(timer);
  need_function(record.data.function);
  WP_EMIT(record);
  return 0;
}

SEC("?tp_btf/hrtimer_expire_entry")
int hrtimer_expire_entry(unsigned long long* ctx) {
  struct hrtimer* timer = (void*)ctx[0];
  WP_BEGIN(record, struct wp_hrtimer_expire, WP_EVENT_HRTIMER_EXPIRE_ENTRY);

  record.data.timer = (__u64)timer;
  record.data.function = (__u64)timer->function;
  record.data.softexpires = timer->_softexpires;
  record.data.base_offset = timer_base_offset(timer);
  need_function(record.data.function);
  WP_EMIT(record);
  return 0;
}

// The timer may be armed again, or freed, by its own function: only its address is used.
SEC("?tp_btf/hrtimer_expire_exit")
int hrtimer_expire_exit(unsigned long long* ctx) {
  WP_BEGIN(record, struct wp_hrtimer_expire, WP_EVENT_HRTIMER_EXPIRE_EXIT);

  record.data.timer = ctx[0];
  record.data.function = 0;
  record.data.softexpires = 0;
  record.data.base_offset = 0;
  WP_EMIT(record);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
