// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/tep_specs.hpp"

#include <algorithm>
#include <iterator>

#include "record/event_table.hpp"

namespace wakepath::foreign {

namespace {

// __trace_sched_switch_state(), include/trace/events/sched.h: TASK_REPORT_MAX of a preempted task.
constexpr std::uint64_t kStateBits = 0xff;

void put_comm(std::string_view from, char (&to)[WP_COMM_BYTES]) {
  std::ranges::copy(from.substr(0, sizeof(to)), std::begin(to));
}

void fill_irq(const TepFill& in) {
  in.event.payload.irq.irq = in.number32(0);
  in.event.payload.irq.ret = in.signed32(2);
  in.event.name = in.text(1);
}

void fill_vector(const TepFill& in) { in.event.payload.vector.vector = in.number32(0); }

// TepEvents fills in the reason: the record has no more than the address of its text.
void fill_ipi(const TepFill& in) { in.event.payload.ipi = {}; }

void fill_ipi_send(const TepFill& in) { in.event.payload.ipi.cpu = in.number32(0); }

void fill_hrtimer_start(const TepFill& in) {
  in.event.payload.hrtimer_start.timer = in.number(0);
  in.event.payload.hrtimer_start.function = in.number(1);
  in.event.payload.hrtimer_start.softexpires = static_cast<std::int64_t>(in.number(2));
}

void fill_hrtimer_expire(const TepFill& in) {
  in.event.payload.hrtimer.timer = in.number(0);
  in.event.payload.hrtimer.function = in.number(1);
  in.event.now_ns = in.number(2);
}

void fill_softirq(const TepFill& in) { in.event.payload.softirq.vector = in.number32(0); }

void fill_work(const TepFill& in) {
  in.event.payload.work.work = in.number(0);
  in.event.payload.work.function = in.number(1);
}

void fill_work_queue(const TepFill& in) {
  fill_work(in);
  // WORK_CPU_UNBOUND is the NR_CPUS that the kernel was built with.
  const std::uint32_t cpu = in.number32(2);
  in.event.payload.work.cpu = in.has(2) && cpu < in.cpus ? cpu : WP_CPU_ANY;
}

void fill_wake(const TepFill& in) {
  in.event.payload.wake.tid = in.number32(0);
  in.event.payload.wake.cpu = in.number32(1);
  in.event.payload.wake.prio = in.signed32(2);
  in.event.other_comm = in.text(3);
}

void fill_switch(const TepFill& in) {
  wp_switch& out = in.event.payload.sched_switch;
  const std::uint64_t state = in.number(1);
  out.next_tid = in.number32(0);
  out.prev_state = static_cast<std::uint32_t>(state & kStateBits);
  out.preempt = state > kStateBits ? 1 : 0;
  out.next_prio = in.signed32(2);
  in.event.comm = in.text(3);
  in.event.other_comm = in.text(4);
  put_comm(in.event.other_comm, out.next_comm);
}

void fill_migrate(const TepFill& in) {
  in.event.payload.migrate.tid = in.number32(0);
  in.event.payload.migrate.cpu = in.number32(1);
}

void fill_task_exit(const TepFill& in) {
  in.event.payload.task_exit.tid = in.has(0) ? in.number32(0) : in.event.tid;
}

void fill_idle(const TepFill& in) { in.event.payload.cpu_idle.state = in.number32(0); }

void fill_kvm_entry(const TepFill& in) {
  in.event.payload.kvm_entry.pc = in.number(0);
  if (in.has(1)) {
    in.event.vcpu = in.number32(1);
  }
}

// arm64: (idx, exit_reason, vcpu_pc) up to 4.20, (ret, esr_ec, vcpu_pc) since; x86: exit_reason,
// guest_rip, isa.
void fill_kvm_exit(const TepFill& in) {
  wp_kvm_exit& out = in.event.payload.kvm_exit;
  in.event.x86 = !in.has(5) && in.has(4);
  if (in.event.x86) {
    out.ret = in.signed32(3);
    return;
  }
  out.ret = in.has(0) ? in.signed32(0) : in.signed32(1);
  out.esr_ec = in.has(2) ? in.number32(2) : in.number32(3);
}

void fill_vcpu_wakeup(const TepFill& in) {
  in.event.payload.vcpu_wakeup.wait_ns = in.number(0);
  in.event.payload.vcpu_wakeup.waited = static_cast<std::uint8_t>(in.number(1) != 0);
  in.event.payload.vcpu_wakeup.valid = static_cast<std::uint8_t>(in.number(2) != 0);
}

void fill_timer_irq(const TepFill& in) {
  in.event.payload.timer_irq.vcpu_id = in.number32(0);
  in.event.payload.timer_irq.irq = in.number32(1);
  in.event.payload.timer_irq.level = in.number32(2);
}

void fill_timer_context(const TepFill& in) {
  in.event.payload.timer_context.ctl = in.number(0);
  in.event.payload.timer_context.cval = in.number(1);
}

void fill_userspace_exit(const TepFill& in) {
  in.event.payload.userspace_exit.reason = in.number32(0);
  in.event.payload.userspace_exit.error = in.signed32(1);
}

void fill_signal(const TepFill& in) {
  in.event.payload.signal.number = in.number32(0);
  in.event.payload.signal.tid = in.number32(1);
  in.event.payload.signal.group = in.number(2) != 0 ? 1 : 0;
}

// 6.13 has no pid here: the one that is renamed is the current one, but for a write to its
// /proc/PID/comm. Stable kernels have taken that back.
void fill_rename(const TepFill& in) {
  in.event.payload.rename.tid = in.has(0) ? in.number32(0) : in.event.tid;
  put_comm(in.text(1), in.event.payload.rename.comm);
}

constexpr std::array kSpecs{
    TepSpec{WP_EVENT_IRQ_ENTRY, {"irq", "name"}, fill_irq},
    TepSpec{WP_EVENT_IRQ_EXIT, {"irq", "", "ret"}, fill_irq},
    TepSpec{WP_EVENT_VECTOR_ENTRY, {"vector"}, fill_vector},
    TepSpec{WP_EVENT_VECTOR_EXIT, {"vector"}, fill_vector},
    TepSpec{WP_EVENT_IPI_RAISE, {"reason"}, fill_ipi},
    TepSpec{WP_EVENT_IPI_SEND, {"cpu"}, fill_ipi_send},
    TepSpec{WP_EVENT_IPI_ENTRY, {"reason"}, fill_ipi},
    TepSpec{WP_EVENT_IPI_EXIT, {"reason"}, fill_ipi},
    TepSpec{WP_EVENT_HRTIMER_START, {"hrtimer", "function", "softexpires"}, fill_hrtimer_start},
    TepSpec{WP_EVENT_HRTIMER_EXPIRE_ENTRY, {"hrtimer", "function", "now"}, fill_hrtimer_expire},
    TepSpec{WP_EVENT_HRTIMER_EXPIRE_EXIT, {"hrtimer"}, fill_hrtimer_expire},
    TepSpec{WP_EVENT_SOFTIRQ_RAISE, {"vec"}, fill_softirq},
    TepSpec{WP_EVENT_SOFTIRQ_ENTRY, {"vec"}, fill_softirq},
    TepSpec{WP_EVENT_SOFTIRQ_EXIT, {"vec"}, fill_softirq},
    TepSpec{WP_EVENT_WORK_QUEUE, {"work", "function", "req_cpu"}, fill_work_queue},
    TepSpec{WP_EVENT_WORK_START, {"work", "function"}, fill_work},
    TepSpec{WP_EVENT_WORK_END, {"work", "function"}, fill_work},
    TepSpec{WP_EVENT_KTHREAD_WORK_QUEUE, {"work", "function"}, fill_work_queue},
    TepSpec{WP_EVENT_KTHREAD_WORK_START, {"work", "function"}, fill_work},
    TepSpec{WP_EVENT_KTHREAD_WORK_END, {"work", "function"}, fill_work},
    TepSpec{WP_EVENT_WAKING, {"pid", "target_cpu", "prio", "comm"}, fill_wake},
    TepSpec{WP_EVENT_WAKEUP, {"pid", "target_cpu", "prio", "comm"}, fill_wake},
    TepSpec{WP_EVENT_SWITCH,
            {"next_pid", "prev_state", "next_prio", "prev_comm", "next_comm"},
            fill_switch},
    TepSpec{WP_EVENT_MIGRATE, {"pid", "dest_cpu"}, fill_migrate},
    TepSpec{WP_EVENT_TASK_EXIT, {"pid"}, fill_task_exit},
    TepSpec{WP_EVENT_CPU_IDLE, {"state"}, fill_idle},
    TepSpec{WP_EVENT_KVM_ENTRY, {"vcpu_pc", "vcpu_id"}, fill_kvm_entry},
    TepSpec{WP_EVENT_KVM_EXIT,
            {"ret", "idx", "esr_ec", "exit_reason", "guest_rip", "vcpu_pc"},
            fill_kvm_exit},
    TepSpec{WP_EVENT_KVM_VCPU_WAKEUP, {"ns", "waited", "valid"}, fill_vcpu_wakeup},
    TepSpec{WP_EVENT_KVM_TIMER_UPDATE_IRQ, {"vcpu_id", "irq", "level"}, fill_timer_irq},
    TepSpec{WP_EVENT_KVM_TIMER_SAVE, {"ctl", "cval"}, fill_timer_context},
    TepSpec{WP_EVENT_KVM_TIMER_RESTORE, {"ctl", "cval"}, fill_timer_context},
    TepSpec{WP_EVENT_KVM_USERSPACE_EXIT, {"reason", "errno"}, fill_userspace_exit},
    TepSpec{WP_EVENT_SIGNAL, {"sig", "pid", "group"}, fill_signal},
    TepSpec{WP_EVENT_RENAME, {"pid", "newcomm"}, fill_rename},
};

// The capture through tracefs, and every trace that ftrace wrote, need one for each event there.
constexpr bool is_complete() {
  return std::ranges::all_of(record::kEventTable, [](const record::EventRow& row) {
    return (std::ranges::find(kSpecs, row.kind, &TepSpec::kind) != kSpecs.end()) ==
           !row.system.empty();
  });
}
static_assert(is_complete(),
              "an event of events.def that tracefs has lacks its TepSpec, or another has one");

}  // namespace

const TepSpec* tep_spec(std::string_view system, std::string_view name) {
  const auto* spec = std::ranges::find_if(kSpecs, [&](const TepSpec& each) {
    const record::EventRow& row = record::event_row(each.kind);
    return row.name == name && row.system == system;
  });
  return spec == kSpecs.end() ? nullptr : spec;
}

}  // namespace wakepath::foreign
