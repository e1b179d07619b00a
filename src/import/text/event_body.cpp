// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text/event_body.hpp"

#include <algorithm>
#include <array>

#include "import/text/bodies.hpp"
#include "import/text/raw_body.hpp"

namespace wakepath::foreign::text {

namespace {

struct Parser {
  std::string_view name;
  wp_event_kind kind;
  Body (*parse)(std::string_view, TraceEvent&);
};

constexpr std::array kParsers{
    Parser{"cpu_idle", WP_EVENT_CPU_IDLE, cpu_idle},
    Parser{"hrtimer_expire_entry", WP_EVENT_HRTIMER_EXPIRE_ENTRY, hrtimer_expire_entry},
    Parser{"hrtimer_expire_exit", WP_EVENT_HRTIMER_EXPIRE_EXIT, hrtimer_expire_exit},
    Parser{"hrtimer_start", WP_EVENT_HRTIMER_START, hrtimer_start},
    Parser{"ipi_entry", WP_EVENT_IPI_ENTRY, ipi_handler},
    Parser{"ipi_exit", WP_EVENT_IPI_EXIT, ipi_handler},
    Parser{"ipi_raise", WP_EVENT_IPI_RAISE, ipi_raise},
    Parser{"ipi_send_cpu", WP_EVENT_IPI_SEND, ipi_send},
    Parser{"irq_handler_entry", WP_EVENT_IRQ_ENTRY, irq_entry},
    Parser{"irq_handler_exit", WP_EVENT_IRQ_EXIT, irq_exit},
    Parser{"kvm_entry", WP_EVENT_KVM_ENTRY, kvm_entry},
    Parser{"kvm_exit", WP_EVENT_KVM_EXIT, kvm_exit},
    Parser{"kvm_timer_restore_state", WP_EVENT_KVM_TIMER_RESTORE, kvm_timer_context},
    Parser{"kvm_timer_save_state", WP_EVENT_KVM_TIMER_SAVE, kvm_timer_context},
    Parser{"kvm_timer_update_irq", WP_EVENT_KVM_TIMER_UPDATE_IRQ, kvm_timer_update_irq},
    Parser{"kvm_userspace_exit", WP_EVENT_KVM_USERSPACE_EXIT, kvm_userspace_exit},
    Parser{"kvm_vcpu_wakeup", WP_EVENT_KVM_VCPU_WAKEUP, kvm_vcpu_wakeup},
    Parser{"local_timer_entry", WP_EVENT_VECTOR_ENTRY, vector},
    Parser{"local_timer_exit", WP_EVENT_VECTOR_EXIT, vector},
    Parser{"sched_kthread_work_execute_end", WP_EVENT_KTHREAD_WORK_END, work_execute},
    Parser{"sched_kthread_work_execute_start", WP_EVENT_KTHREAD_WORK_START, work_execute},
    Parser{"sched_kthread_work_queue_work", WP_EVENT_KTHREAD_WORK_QUEUE, work_queue},
    Parser{"sched_migrate_task", WP_EVENT_MIGRATE, migrate},
    Parser{"sched_process_exit", WP_EVENT_TASK_EXIT, task_exit},
    Parser{"sched_switch", WP_EVENT_SWITCH, sched_switch},
    Parser{"sched_wakeup", WP_EVENT_WAKEUP, wake},
    Parser{"sched_wakeup_new", WP_EVENT_WAKEUP, wake},
    Parser{"sched_waking", WP_EVENT_WAKING, wake},
    Parser{"signal_generate", WP_EVENT_SIGNAL, signal_generate},
    Parser{"softirq_entry", WP_EVENT_SOFTIRQ_ENTRY, softirq},
    Parser{"softirq_exit", WP_EVENT_SOFTIRQ_EXIT, softirq},
    Parser{"softirq_raise", WP_EVENT_SOFTIRQ_RAISE, softirq},
    Parser{"task_rename", WP_EVENT_RENAME, task_rename},
    Parser{"workqueue_execute_end", WP_EVENT_WORK_END, work_execute},
    Parser{"workqueue_execute_start", WP_EVENT_WORK_START, work_execute},
    Parser{"workqueue_queue_work", WP_EVENT_WORK_QUEUE, work_queue},
};
static_assert(std::ranges::is_sorted(kParsers, {}, &Parser::name));

}  // namespace

Body parse_body(std::string_view name, std::string_view text, TraceEvent& event) {
  const auto found = std::ranges::lower_bound(kParsers, name, {}, &Parser::name);
  if (found == kParsers.end() || found->name != name) {
    return Body::unused;
  }
  event.kind = found->kind;
  const Body body = found->parse(text, event);
  return body == Body::unreadable ? raw_body(text, event) : body;
}

}  // namespace wakepath::foreign::text
