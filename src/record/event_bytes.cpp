// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/event_bytes.hpp"

#include <cstring>

namespace wakepath::record {

namespace {

std::size_t payload_bytes(wp_event_kind kind) {
  switch (kind) {
    case WP_EVENT_IRQ_ENTRY:
    case WP_EVENT_IRQ_EXIT:
      return sizeof(wp_irq);
    case WP_EVENT_VECTOR_ENTRY:
    case WP_EVENT_VECTOR_EXIT:
      return sizeof(wp_vector);
    case WP_EVENT_IPI_RAISE:
    case WP_EVENT_IPI_SEND:
    case WP_EVENT_IPI_ENTRY:
    case WP_EVENT_IPI_EXIT:
      return sizeof(wp_ipi);
    case WP_EVENT_HRTIMER_START:
      return sizeof(wp_hrtimer_start);
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
    case WP_EVENT_HRTIMER_EXPIRE_EXIT:
      return sizeof(wp_hrtimer_expire);
    case WP_EVENT_SOFTIRQ_RAISE:
    case WP_EVENT_SOFTIRQ_ENTRY:
    case WP_EVENT_SOFTIRQ_EXIT:
      return sizeof(wp_softirq);
    case WP_EVENT_WORK_QUEUE:
    case WP_EVENT_WORK_START:
    case WP_EVENT_WORK_END:
    case WP_EVENT_KTHREAD_WORK_QUEUE:
    case WP_EVENT_KTHREAD_WORK_START:
    case WP_EVENT_KTHREAD_WORK_END:
      return sizeof(wp_work);
    case WP_EVENT_WAKING:
    case WP_EVENT_WAKEUP:
      return sizeof(wp_wake);
    case WP_EVENT_SWITCH:
      return sizeof(wp_switch);
    case WP_EVENT_MIGRATE:
      return sizeof(wp_migrate);
    case WP_EVENT_TASK_EXIT:
      return sizeof(wp_task_exit);
    case WP_EVENT_CPU_IDLE:
      return sizeof(wp_cpu_idle);
    case WP_EVENT_KVM_ENTRY:
      return sizeof(wp_kvm_entry);
    case WP_EVENT_KVM_EXIT:
      return sizeof(wp_kvm_exit);
    case WP_EVENT_KVM_VCPU_WAKEUP:
      return sizeof(wp_kvm_vcpu_wakeup);
    case WP_EVENT_KVM_TIMER_UPDATE_IRQ:
      return sizeof(wp_kvm_timer_update_irq);
    case WP_EVENT_KVM_TIMER_SAVE:
    case WP_EVENT_KVM_TIMER_RESTORE:
      return sizeof(wp_kvm_timer_context);
    case WP_EVENT_KVM_USERSPACE_EXIT:
      return sizeof(wp_kvm_userspace_exit);
    case WP_EVENT_SIGNAL:
      return sizeof(wp_signal);
    case WP_EVENT_RENAME:
      return sizeof(wp_rename);
    case WP_EVENT_VCPU_KICK:
      return sizeof(wp_vcpu_kick);
    case WP_EVENT_NONE:
    case WP_EVENT_VCPU:
    case WP_EVENT_IRQ_NAME:
    case WP_EVENT_FUNCTION:
    case WP_EVENT_KINDS:
      break;
  }
  return 0;
}

}  // namespace

void append_event(const Event& event, std::vector<std::byte>& out) {
  const std::size_t payload = payload_bytes(event.kind);
  static_assert(sizeof(Event::Payload) % 8 == 0);
  const auto size = static_cast<std::uint16_t>(sizeof(wp_event) + payload);
  const wp_event head{event.time_ns, static_cast<std::uint8_t>(event.kind), event.context, size,
                      event.tid};
  const std::size_t at = out.size();
  out.resize(at + size);
  std::memcpy(out.data() + at, &head, sizeof(head));
  std::memcpy(out.data() + at + sizeof(head), &event.payload, payload);
}

}  // namespace wakepath::record
