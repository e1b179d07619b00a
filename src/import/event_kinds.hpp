// SPDX-License-Identifier: GPL-2.0-or-later
// Kinds of events that have something in common.
#pragma once

#include "wakepath/event.hpp"

namespace wakepath::foreign {

// It is of a function that has a name.
inline bool has_function(wp_event_kind kind) {
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

// A vCPU's thread does it, and nobody else.
inline bool is_kvm(wp_event_kind kind) {
  return kind == WP_EVENT_KVM_ENTRY || kind == WP_EVENT_KVM_EXIT ||
         kind == WP_EVENT_KVM_VCPU_WAKEUP || kind == WP_EVENT_KVM_USERSPACE_EXIT;
}

}  // namespace wakepath::foreign
