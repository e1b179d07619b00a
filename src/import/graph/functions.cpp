// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/graph/functions.hpp"

#include <algorithm>
#include <array>

#include "util/seeded_hash.hpp"

namespace wakepath::foreign::graph {

namespace {

struct Named {
  std::string_view name;
  Role role;
};

constexpr std::array kFunctions{
    // arch/arm64/kernel/{irq,entry-common}.c, drivers/irqchip/irq-gic*.c; arch/x86/kernel/irq.c
    Named{"gic_handle_irq", Role::interrupt},
    Named{"__gic_handle_irq_from_irqson", Role::interrupt},
    Named{"__gic_handle_irq_from_irqsoff", Role::interrupt},
    Named{"gicv5_handle_irq", Role::interrupt},
    Named{"do_interrupt_handler", Role::interrupt},
    Named{"__handle_domain_irq", Role::interrupt},
    Named{"handle_domain_irq", Role::interrupt},
    Named{"generic_handle_arch_irq", Role::interrupt},
    Named{"do_IRQ", Role::interrupt},
    Named{"common_interrupt", Role::interrupt},
    Named{"__common_interrupt", Role::interrupt},
    Named{"smp_apic_timer_interrupt", Role::vector},
    Named{"sysvec_apic_timer_interrupt", Role::vector},
    Named{"__sysvec_apic_timer_interrupt", Role::vector},
    Named{"handle_IPI", Role::ipi},
    Named{"scheduler_ipi", Role::ipi_body},
    Named{"generic_smp_call_function_interrupt", Role::ipi_body},
    Named{"generic_smp_call_function_single_interrupt", Role::ipi_body},
    Named{"irq_work_run", Role::ipi_body},
    Named{"tick_receive_broadcast", Role::ipi_body},
    // kernel/irq/{chip,handle}.c
    Named{"handle_percpu_devid_irq", Role::irq_handler},
    Named{"handle_percpu_devid_fasteoi_ipi", Role::irq_handler},
    Named{"handle_percpu_devid_fasteoi_nmi", Role::irq_handler},
    Named{"handle_irq_event_percpu", Role::irq_handler},
    Named{"__handle_irq_event_percpu", Role::irq_handler},
    Named{"add_interrupt_randomness", Role::irq_plumbing},
    Named{"note_interrupt", Role::irq_plumbing},
    Named{"__irq_wake_thread", Role::irq_plumbing},
    // drivers/clocksource/arm_arch_timer.c
    Named{"arch_timer_handler_phys", Role::timer_interrupt},
    Named{"arch_timer_handler_virt", Role::timer_interrupt},
    Named{"arch_timer_handler_phys_mem", Role::timer_interrupt},
    Named{"arch_timer_handler_virt_mem", Role::timer_interrupt},
    // kernel/time/hrtimer.c
    Named{"__hrtimer_run_queues", Role::run_hrtimers},
    Named{"__run_hrtimer", Role::run_hrtimers},
    Named{"__remove_hrtimer", Role::hrtimer_plumbing},
    Named{"remove_hrtimer", Role::hrtimer_plumbing},
    Named{"enqueue_hrtimer", Role::hrtimer_plumbing},
    Named{"__hrtimer_next_event_base", Role::hrtimer_plumbing},
    Named{"__hrtimer_get_next_event", Role::hrtimer_plumbing},
    Named{"hrtimer_update_next_event", Role::hrtimer_plumbing},
    Named{"hrtimer_update_softirq_timer", Role::hrtimer_plumbing},
    Named{"ktime_get", Role::hrtimer_plumbing},
    Named{"ktime_get_update_offsets_now", Role::hrtimer_plumbing},
    // kernel/softirq.c and the actions
    Named{"__do_softirq", Role::softirqs},
    Named{"handle_softirqs", Role::softirqs},
    Named{"tasklet_hi_action", Role::softirq},
    Named{"run_timer_softirq", Role::softirq},
    Named{"net_tx_action", Role::softirq},
    Named{"net_rx_action", Role::softirq},
    Named{"blk_done_softirq", Role::softirq},
    Named{"irq_poll_softirq", Role::softirq},
    Named{"tasklet_action", Role::softirq},
    Named{"run_rebalance_domains", Role::softirq},
    Named{"sched_balance_softirq", Role::softirq},
    Named{"hrtimer_run_softirq", Role::softirq},
    Named{"rcu_process_callbacks", Role::softirq},
    Named{"rcu_core_si", Role::softirq},
    // kernel/workqueue.c
    Named{"__queue_work", Role::queue_work},
    Named{"insert_work", Role::insert_work},
    Named{"wake_up_worker", Role::insert_work},
    Named{"kick_pool", Role::insert_work},
    Named{"process_one_work", Role::run_work},
    Named{"find_worker_executing_work", Role::work_plumbing},
    Named{"move_linked_works", Role::work_plumbing},
    Named{"set_work_pool_and_clear_pending", Role::work_plumbing},
    Named{"set_work_data", Role::work_plumbing},
    Named{"pwq_dec_nr_in_flight", Role::work_plumbing},
    Named{"kick_pool_pick_idlest", Role::work_plumbing},
    Named{"debug_work_deactivate", Role::work_plumbing},
    Named{"wq_worker_comm", Role::work_plumbing},
    Named{"strscpy", Role::work_plumbing},
    Named{"sized_strscpy", Role::work_plumbing},
    Named{"_cond_resched", Role::work_plumbing},
    Named{"__cond_resched", Role::work_plumbing},
    Named{"rcu_all_qs", Role::work_plumbing},
    Named{"get_work_pool", Role::work_plumbing},
    // kernel/sched
    Named{"try_to_wake_up", Role::wake},
    Named{"ttwu_do_activate", Role::enqueue},
    Named{"ttwu_do_wakeup", Role::enqueue},
    Named{"ttwu_queue_remote", Role::enqueue},
    Named{"__ttwu_queue_wakelist", Role::enqueue},
    Named{"activate_task", Role::enqueue},
    Named{"enqueue_task", Role::enqueue},
    Named{"enqueue_task_fair", Role::enqueue},
    Named{"enqueue_task_rt", Role::enqueue},
    Named{"enqueue_task_dl", Role::enqueue},
    Named{"select_task_rq_fair", Role::enqueue},
    Named{"select_task_rq_rt", Role::enqueue},
    Named{"select_task_rq_dl", Role::enqueue},
    Named{"__smp_call_single_queue", Role::enqueue},
    Named{"smp_send_reschedule", Role::enqueue},
    Named{"arch_smp_send_reschedule", Role::enqueue},
    Named{"kvm_vcpu_wake_up", Role::wake_vcpu},
    Named{"__kvm_vcpu_wake_up", Role::wake_vcpu},
    Named{"kvm_vcpu_kick", Role::wake_vcpu},
    Named{"__kvm_vcpu_kick", Role::wake_vcpu},
    Named{"rcuwait_wake_up", Role::wake_waiter},
    Named{"swake_up", Role::wake_waiter},
    Named{"swake_up_one", Role::wake_waiter},
    Named{"swake_up_locked", Role::wake_waiter},
    Named{"swake_up_all", Role::wake_waiter},
    Named{"schedule", Role::schedule},
    Named{"__schedule", Role::schedule},
    Named{"schedule_idle", Role::schedule},
    Named{"preempt_schedule", Role::schedule},
    Named{"preempt_schedule_common", Role::schedule},
    Named{"preempt_schedule_irq", Role::schedule},
    Named{"preempt_schedule_notrace", Role::schedule},
    Named{"schedule_rtlock", Role::schedule},
    Named{"deactivate_task", Role::dequeue},
    Named{"block_task", Role::dequeue},
    Named{"try_to_block_task", Role::dequeue},
    Named{"dequeue_task", Role::dequeue},
    Named{"dequeue_task_fair", Role::dequeue},
    Named{"dequeue_task_rt", Role::dequeue},
    Named{"dequeue_task_dl", Role::dequeue},
    Named{"dequeue_task_stop", Role::dequeue},
    // kernel/sched/idle.c, drivers/cpuidle, arch
    Named{"arch_cpu_idle", Role::idle},
    Named{"cpu_do_idle", Role::idle},
    Named{"default_idle_call", Role::idle},
    Named{"cpuidle_enter", Role::idle},
    Named{"cpuidle_enter_state", Role::idle},
    Named{"acpi_idle_lpi_enter", Role::idle},
    Named{"psci_cpu_suspend_enter", Role::idle},
    Named{"do_idle", Role::idle_loop},
    Named{"cpu_pm_exit", Role::idle_exit},
    Named{"tick_nohz_idle_exit", Role::idle_exit},
    Named{"rcu_idle_exit", Role::idle_exit},
    Named{"ct_idle_exit", Role::idle_exit},
    // virt/kvm/kvm_main.c, arch/arm64/kvm (virt/kvm/arm before 5.7), arch/x86/kvm
    Named{"kvm_sched_in", Role::kvm_load},
    Named{"kvm_vcpu_block", Role::kvm_block},
    Named{"kvm_vcpu_halt", Role::kvm_block},
    Named{"kvm_arch_vcpu_unblocking", Role::kvm_unblock},
    Named{"kvm_timer_flush_hwstate", Role::kvm_flush},
    Named{"kvm_vgic_flush_hwstate", Role::kvm_flush},
    Named{"kvm_timer_update_irq", Role::kvm_inject},
    Named{"kvm_arm_setup_debug", Role::kvm_setup},
    Named{"__kvm_vcpu_run", Role::kvm_run},
    Named{"__kvm_vcpu_run_vhe", Role::kvm_run},
    Named{"kvm_vcpu_run_vhe", Role::kvm_run},
    Named{"kvm_arm_vcpu_enter_exit", Role::kvm_run},
    Named{"vmx_vcpu_run", Role::kvm_run},
    Named{"svm_vcpu_run", Role::kvm_run},
    Named{"kvm_arm_clear_debug", Role::kvm_clear},
    Named{"handle_exit", Role::kvm_exit},
    Named{"vmx_handle_exit", Role::kvm_exit},
    Named{"svm_handle_exit", Role::kvm_exit},
    Named{"kvm_handle_wfx", Role::kvm_exit_reason},
    Named{"kvm_handle_guest_abort", Role::kvm_exit_reason},
    Named{"kvm_handle_sys_reg", Role::kvm_exit_reason},
    Named{"handle_hvc", Role::kvm_exit_reason},
    Named{"handle_smc", Role::kvm_exit_reason},
    Named{"io_mem_abort", Role::kvm_mmio},
    Named{"kvm_arch_vcpu_ioctl_run", Role::kvm_ioctl},
};

constexpr std::array<std::string_view, 10> kSoftirqActions{
    "tasklet_hi_action",   "run_timer_softirq", "net_tx_action",  "net_rx_action",
    "blk_done_softirq",    "irq_poll_softirq",  "tasklet_action", "run_rebalance_domains",
    "hrtimer_run_softirq", "rcu_core_si"};

}  // namespace

Role role_of(std::string_view name) {
  static const auto kRoles = [] {
    SeededMap<std::string_view, Role> roles;
    for (const Named& function : kFunctions) {
      roles.emplace(function.name, function.role);
    }
    return roles;
  }();
  const auto found = kRoles.find(name);
  return found == kRoles.end() ? Role::other : found->second;
}

std::uint8_t softirq_vector(std::string_view action) {
  if (action == "sched_balance_softirq") {  // 6.10: run_rebalance_domains() before
    return 7;
  }
  if (action == "rcu_process_callbacks") {  // up to 4.20
    return 9;
  }
  const auto found = std::find(kSoftirqActions.begin(), kSoftirqActions.end(), action);
  return found == kSoftirqActions.end()
             ? 255
             : static_cast<std::uint8_t>(found - kSoftirqActions.begin());
}

std::string_view arch_of(std::string_view name) {
  if (name.starts_with("gic_") || name.starts_with("arch_timer_") || name.starts_with("kvm_arm_")) {
    return "aarch64";
  }
  return name.starts_with("vmx_") || name.starts_with("svm_") || name.starts_with("lapic_")
             ? "x86_64"
             : "";
}

bool is_plumbing(std::string_view name) {
  constexpr std::array<std::string_view, 10> kPrefixes{
      "__traceiter_", "trace_", "__bpf_trace_", "perf_trace_", "_raw_",
      "timerqueue_",  "rb_",    "gic_",         "irq_",        "__rcu_"};
  return name.empty() ||
         std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace wakepath::foreign::graph
