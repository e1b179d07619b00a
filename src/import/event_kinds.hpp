// SPDX-License-Identifier: GPL-2.0-or-later
// Kinds of events that have something in common.
#pragma once

#include "wakepath/event.hpp"

namespace wakepath::foreign {

// A work item's begin, end or queueing: it tells the item's function.
inline bool is_work(wp_event_kind kind) {
  switch (kind) {
    case WP_EVENT_WORK_QUEUE:
    case WP_EVENT_WORK_START:
    case WP_EVENT_WORK_END:
    case WP_EVENT_KTHREAD_WORK_QUEUE:
    case WP_EVENT_KTHREAD_WORK_START:
    case WP_EVENT_KTHREAD_WORK_END:
      return true;
    default:
      return false;
  }
}

// Only a vCPU's thread does it.
inline bool is_kvm(wp_event_kind kind) {
  return kind == WP_EVENT_KVM_ENTRY || kind == WP_EVENT_KVM_EXIT ||
         kind == WP_EVENT_KVM_VCPU_WAKEUP || kind == WP_EVENT_KVM_USERSPACE_EXIT;
}

}  // namespace wakepath::foreign
