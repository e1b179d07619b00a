// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/field_specs.hpp"

#include <algorithm>
#include <iterator>

#include "record/event_table.hpp"

namespace wakepath::foreign {

namespace {

// __trace_sched_switch_state(), include/trace/events/sched.h: TASK_REPORT_MAX of a preempted task.
constexpr std::uint64_t kStateBits = 0xff;
// TASK_REPORT_IDLE of include/linux/sched.h, and the bits that it stands for, TASK_IDLE. In a
// record 0x80 is TASK_DEAD.
constexpr std::uint64_t kReportedIdle = 0x80;
constexpr std::uint32_t kIdleBits = 0x402;

void put_comm(std::string_view from, char (&to)[WP_COMM_BYTES]) {
  std::ranges::copy(from.substr(0, sizeof(to)), std::begin(to));
}

void fill_irq(const EventFields& in, TraceEvent& event) {
  event.payload.irq.irq = in.number32(0);
  event.payload.irq.ret = in.signed32(2);
  event.name = in.text(1);
}

void fill_vector(const EventFields& in, TraceEvent& event) {
  event.payload.vector.vector = in.number32(0);
}

// The reader fills in the reason: a record has no more than the address of its text.
void fill_ipi(const EventFields& /*in*/, TraceEvent& event) { event.payload.ipi = {}; }

void fill_ipi_send(const EventFields& in, TraceEvent& event) {
  event.payload.ipi.cpu = in.number32(0);
}

void fill_hrtimer_start(const EventFields& in, TraceEvent& event) {
  event.payload.hrtimer_start.timer = in.number(0);
  event.payload.hrtimer_start.function = in.number(1);
  event.payload.hrtimer_start.softexpires = static_cast<std::int64_t>(in.number(2));
}

void fill_hrtimer_expire(const EventFields& in, TraceEvent& event) {
  event.payload.hrtimer.timer = in.number(0);
  event.payload.hrtimer.function = in.number(1);
  event.now_ns = in.number(2);
}

void fill_softirq(const EventFields& in, TraceEvent& event) {
  event.payload.softirq.vector = in.number32(0);
}

void fill_work(const EventFields& in, TraceEvent& event) {
  event.payload.work.work = in.number(0);
  event.payload.work.function = in.number(1);
}

void fill_work_queue(const EventFields& in, TraceEvent& event) {
  fill_work(in, event);
  // WORK_CPU_UNBOUND is the NR_CPUS that the kernel was built with: no CPU has it as its number,
  // and no pool.
  const std::uint32_t cpu = in.number32(2);
  const bool asked = in.cpus() != 0 ? cpu < in.cpus() : in.has(3) && in.number32(3) == cpu;
  event.payload.work.cpu = in.has(2) && asked && cpu < WP_MAX_CPUS ? cpu : WP_CPU_ANY;
}

void fill_wake(const EventFields& in, TraceEvent& event) {
  event.payload.wake.tid = in.number32(0);
  event.payload.wake.cpu = in.number32(1);
  event.payload.wake.prio = in.signed32(2);
  event.other_comm = in.text(3);
}

void fill_switch(const EventFields& in, TraceEvent& event) {
  wp_switch& out = event.payload.sched_switch;
  const std::uint64_t state = in.number(1);
  out.next_tid = in.number32(0);
  out.prev_state =
      state == kReportedIdle ? kIdleBits : static_cast<std::uint32_t>(state & kStateBits);
  out.preempt = state > kStateBits ? 1 : 0;
  out.next_prio = in.signed32(2);
  event.comm = in.text(3);
  event.other_comm = in.text(4);
  put_comm(event.other_comm, out.next_comm);
}

void fill_migrate(const EventFields& in, TraceEvent& event) {
  event.payload.migrate.tid = in.number32(0);
  event.payload.migrate.cpu = in.number32(1);
}

void fill_task_exit(const EventFields& in, TraceEvent& event) {
  event.payload.task_exit.tid = in.has(0) ? in.number32(0) : event.tid;
}

void fill_idle(const EventFields& in, TraceEvent& event) {
  event.payload.cpu_idle.state = in.number32(0);
}

void fill_kvm_entry(const EventFields& in, TraceEvent& event) {
  event.payload.kvm_entry.pc = in.number(0);
  event.guest_pc = in.has(0) ? in.number(0) : in.number(2);
  if (in.has(1)) {
    event.vcpu = in.number32(1);
  }
}

// arm64: (idx, exit_reason, vcpu_pc) up to 4.20, (ret, esr_ec, vcpu_pc) since; x86: exit_reason,
// guest_rip, isa.
void fill_kvm_exit(const EventFields& in, TraceEvent& event) {
  wp_kvm_exit& out = event.payload.kvm_exit;
  event.x86 = !in.has(5) && in.has(4);
  event.guest_pc = in.number(event.x86 ? 4 : 5);
  if (event.x86) {
    out.ret = in.signed32(3);
    out.esr_ec = in.number32(6);  // KVM_ISA_VMX is 1, KVM_ISA_SVM 2
    return;
  }
  out.ret = in.has(0) ? in.signed32(0) : in.signed32(1);
  out.esr_ec = in.has(2) ? in.number32(2) : in.number32(3);
}

void fill_vcpu_wakeup(const EventFields& in, TraceEvent& event) {
  event.payload.vcpu_wakeup.wait_ns = in.number(0);
  event.payload.vcpu_wakeup.waited = static_cast<std::uint8_t>(in.number(1) != 0);
  event.payload.vcpu_wakeup.valid = static_cast<std::uint8_t>(in.number(2) != 0);
}

void fill_timer_irq(const EventFields& in, TraceEvent& event) {
  event.payload.timer_irq.vcpu_id = in.number32(0);
  event.payload.timer_irq.irq = in.number32(1);
  event.payload.timer_irq.level = in.number32(2);
}

void fill_timer_context(const EventFields& in, TraceEvent& event) {
  event.payload.timer_context.ctl = in.number(0);
  event.payload.timer_context.cval = in.number(1);
}

void fill_userspace_exit(const EventFields& in, TraceEvent& event) {
  event.payload.userspace_exit.reason = in.number32(0);
  event.payload.userspace_exit.error = in.signed32(1);
}

void fill_signal(const EventFields& in, TraceEvent& event) {
  event.payload.signal.number = in.number32(0);
  event.payload.signal.tid = in.number32(1);
  event.payload.signal.group = in.number(2) != 0 ? 1 : 0;
}

// 6.13 has no pid here: the one that is renamed is the current one, but for a write to its
// /proc/PID/comm. Stable kernels have taken that back.
void fill_rename(const EventFields& in, TraceEvent& event) {
  event.payload.rename.tid = in.has(0) ? in.number32(0) : event.tid;
  put_comm(in.text(1), event.payload.rename.comm);
}

template <typename... Places>
constexpr std::uint8_t bits(Places... places) {
  return static_cast<std::uint8_t>(((1U << static_cast<unsigned>(places)) | ...));
}

constexpr std::array kSpecs{
    FieldSpec{WP_EVENT_IRQ_ENTRY, {"irq", "name"}, fill_irq, bits(0)},
    FieldSpec{WP_EVENT_IRQ_EXIT, {"irq", "", "ret"}, fill_irq, bits(0, 2)},
    FieldSpec{WP_EVENT_VECTOR_ENTRY, {"vector"}, fill_vector, bits(0)},
    FieldSpec{WP_EVENT_VECTOR_EXIT, {"vector"}, fill_vector, bits(0)},
    FieldSpec{WP_EVENT_IPI_RAISE, {"reason"}, fill_ipi, bits(0)},
    FieldSpec{WP_EVENT_IPI_SEND, {"cpu"}, fill_ipi_send, bits(0)},
    FieldSpec{WP_EVENT_IPI_ENTRY, {"reason"}, fill_ipi, bits(0)},
    FieldSpec{WP_EVENT_IPI_EXIT, {"reason"}, fill_ipi, bits(0)},
    FieldSpec{WP_EVENT_HRTIMER_START,
              {"hrtimer", "function", "softexpires"},
              fill_hrtimer_start,
              bits(0, 1, 2)},
    FieldSpec{WP_EVENT_HRTIMER_EXPIRE_ENTRY,
              {"hrtimer", "function", "now"},
              fill_hrtimer_expire,
              bits(0, 2)},
    FieldSpec{WP_EVENT_HRTIMER_EXPIRE_EXIT, {"hrtimer"}, fill_hrtimer_expire, bits(0)},
    FieldSpec{WP_EVENT_SOFTIRQ_RAISE, {"vec"}, fill_softirq, bits(0)},
    FieldSpec{WP_EVENT_SOFTIRQ_ENTRY, {"vec"}, fill_softirq, bits(0)},
    FieldSpec{WP_EVENT_SOFTIRQ_EXIT, {"vec"}, fill_softirq, bits(0)},
    FieldSpec{WP_EVENT_WORK_QUEUE,
              {"work", "function", "req_cpu", "cpu"},
              fill_work_queue,
              bits(0, 1, 2)},
    FieldSpec{WP_EVENT_WORK_START, {"work", "function"}, fill_work, bits(0, 1)},
    FieldSpec{WP_EVENT_WORK_END, {"work", "function"}, fill_work, bits(0)},
    FieldSpec{WP_EVENT_KTHREAD_WORK_QUEUE, {"work", "function"}, fill_work_queue, bits(0, 1)},
    FieldSpec{WP_EVENT_KTHREAD_WORK_START, {"work", "function"}, fill_work, bits(0, 1)},
    FieldSpec{WP_EVENT_KTHREAD_WORK_END, {"work", "function"}, fill_work, bits(0, 1)},
    FieldSpec{WP_EVENT_WAKING, {"pid", "target_cpu", "prio", "comm"}, fill_wake, bits(0, 1)},
    FieldSpec{WP_EVENT_WAKEUP, {"pid", "target_cpu", "prio", "comm"}, fill_wake, bits(0, 1)},
    FieldSpec{WP_EVENT_SWITCH,
              {"next_pid", "prev_state", "next_prio", "prev_comm", "next_comm"},
              fill_switch,
              bits(0, 1)},
    FieldSpec{WP_EVENT_MIGRATE, {"pid", "dest_cpu"}, fill_migrate, bits(0, 1)},
    FieldSpec{WP_EVENT_TASK_EXIT, {"pid"}, fill_task_exit, bits(0)},
    FieldSpec{WP_EVENT_CPU_IDLE, {"state", "cpu_id"}, fill_idle, bits(0, 1)},
    FieldSpec{WP_EVENT_KVM_ENTRY, {"vcpu_pc", "vcpu_id", "rip"}, fill_kvm_entry, 0, bits(0, 1)},
    FieldSpec{WP_EVENT_KVM_EXIT,
              {"ret", "idx", "esr_ec", "exit_reason", "guest_rip", "vcpu_pc", "isa"},
              fill_kvm_exit,
              0,
              bits(2, 3)},
    FieldSpec{WP_EVENT_KVM_VCPU_WAKEUP, {"ns", "waited", "valid"}, fill_vcpu_wakeup, bits(0, 1, 2)},
    FieldSpec{
        WP_EVENT_KVM_TIMER_UPDATE_IRQ, {"vcpu_id", "irq", "level"}, fill_timer_irq, bits(0, 1, 2)},
    FieldSpec{WP_EVENT_KVM_TIMER_SAVE, {"ctl", "cval"}, fill_timer_context, bits(0, 1)},
    FieldSpec{WP_EVENT_KVM_TIMER_RESTORE, {"ctl", "cval"}, fill_timer_context, bits(0, 1)},
    FieldSpec{WP_EVENT_KVM_USERSPACE_EXIT, {"reason", "errno"}, fill_userspace_exit, bits(0, 1)},
    FieldSpec{WP_EVENT_SIGNAL, {"sig", "pid", "group"}, fill_signal, bits(0, 1)},
    FieldSpec{WP_EVENT_RENAME, {"pid", "newcomm"}, fill_rename, bits(1)},
};

// The capture through tracefs, and every trace that ftrace wrote, need one for each event there.
constexpr bool is_complete() {
  return std::ranges::all_of(record::kEventTable, [](const record::EventRow& row) {
    return (std::ranges::find(kSpecs, row.kind, &FieldSpec::kind) != kSpecs.end()) ==
           !row.system.empty();
  });
}
static_assert(is_complete(),
              "an event of events.def that tracefs has lacks its FieldSpec, or another has one");

}  // namespace

const FieldSpec* field_spec(std::string_view system, std::string_view name) {
  const auto* spec = std::ranges::find_if(kSpecs, [&](const FieldSpec& each) {
    const record::EventRow& row = record::event_row(each.kind);
    return row.name == name && row.system == system;
  });
  return spec == kSpecs.end() ? nullptr : spec;
}

const FieldSpec* field_spec(wp_event_kind kind) {
  const auto* spec = std::ranges::find(kSpecs, kind, &FieldSpec::kind);
  return spec == kSpecs.end() ? nullptr : spec;
}

}  // namespace wakepath::foreign
