// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/tep_events.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <vector>

#include <event-parse.h>

#include "import/tep_record.hpp"

namespace wakepath::foreign {

namespace {

// enum trace_flag_type, kernel/trace/trace.h (include/linux/trace_events.h from 5.13 on): these
// three are the same from 4.14 to 7.2.
constexpr std::uint64_t kFlagHardirq = 0x08, kFlagSoftirq = 0x10, kFlagNmi = 0x40;
// __trace_sched_switch_state(), include/trace/events/sched.h: TASK_REPORT_MAX of a preempted task.
constexpr std::uint64_t kStateBits = 0xff;
constexpr std::size_t kMostCached = 65536;

using Field = TepField;
using Record = TepRecord;

constexpr std::size_t kMostFields = 6;
using Fields = std::array<Field, kMostFields>;

struct Fill {
  const Record& record;
  const Fields& fields;
  std::uint32_t cpus;
  TraceEvent& event;

  [[nodiscard]] std::uint64_t number(std::size_t field) const {
    return record.number(fields[field]);
  }
  [[nodiscard]] std::uint32_t number32(std::size_t field) const {
    return record.number32(fields[field]);
  }
  [[nodiscard]] std::int32_t signed32(std::size_t field) const {
    return static_cast<std::int32_t>(record.number32(fields[field]));
  }
  [[nodiscard]] std::string_view text(std::size_t field) const {
    return record.text(fields[field]);
  }
  [[nodiscard]] bool has(std::size_t field) const {
    return fields[field].kind != Field::Kind::missing;
  }
};

void put_comm(std::string_view from, char (&to)[WP_COMM_BYTES]) {
  std::memcpy(to, from.data(), std::min(from.size(), sizeof(to)));
}

void fill_irq(const Fill& in) {
  in.event.payload.irq.irq = in.number32(0);
  in.event.payload.irq.ret = in.signed32(2);
  in.event.name = in.text(1);
}

void fill_vector(const Fill& in) { in.event.payload.vector.vector = in.number32(0); }

void fill_ipi(const Fill& in) { in.event.payload.ipi.cpu = in.number32(1); }

void fill_hrtimer_start(const Fill& in) {
  in.event.payload.hrtimer_start.timer = in.number(0);
  in.event.payload.hrtimer_start.function = in.number(1);
  in.event.payload.hrtimer_start.softexpires = static_cast<std::int64_t>(in.number(2));
}

void fill_hrtimer_expire(const Fill& in) {
  in.event.payload.hrtimer.timer = in.number(0);
  in.event.payload.hrtimer.function = in.number(1);
  in.event.now_ns = in.number(2);
}

void fill_softirq(const Fill& in) { in.event.payload.softirq.vector = in.number32(0); }

void fill_work(const Fill& in) {
  in.event.payload.work.work = in.number(0);
  in.event.payload.work.function = in.number(1);
}

void fill_work_queue(const Fill& in) {
  fill_work(in);
  // WORK_CPU_UNBOUND is the NR_CPUS that the kernel was built with.
  const std::uint32_t cpu = in.number32(2);
  in.event.payload.work.cpu = in.has(2) && cpu < in.cpus ? cpu : WP_CPU_ANY;
}

void fill_wake(const Fill& in) {
  in.event.payload.wake.tid = in.number32(0);
  in.event.payload.wake.cpu = in.number32(1);
  in.event.payload.wake.prio = in.signed32(2);
  in.event.other_comm = in.text(3);
}

void fill_switch(const Fill& in) {
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

void fill_migrate(const Fill& in) {
  in.event.payload.migrate.tid = in.number32(0);
  in.event.payload.migrate.cpu = in.number32(1);
}

void fill_task_exit(const Fill& in) {
  in.event.payload.task_exit.tid = in.has(0) ? in.number32(0) : in.event.tid;
}

void fill_idle(const Fill& in) { in.event.payload.cpu_idle.state = in.number32(0); }

void fill_kvm_entry(const Fill& in) { in.event.payload.kvm_entry.pc = in.number(0); }

// arm64: (idx, exit_reason, vcpu_pc) up to 4.20, (ret, esr_ec, vcpu_pc) since; x86: exit_reason,
// guest_rip, isa.
void fill_kvm_exit(const Fill& in) {
  wp_kvm_exit& out = in.event.payload.kvm_exit;
  in.event.x86 = !in.has(5) && in.has(4);
  if (in.event.x86) {
    out.ret = in.signed32(3);
    return;
  }
  out.ret = in.has(0) ? in.signed32(0) : in.signed32(1);
  out.esr_ec = in.has(2) ? in.number32(2) : in.number32(3);
}

void fill_vcpu_wakeup(const Fill& in) {
  in.event.payload.vcpu_wakeup.wait_ns = in.number(0);
  in.event.payload.vcpu_wakeup.waited = static_cast<std::uint8_t>(in.number(1) != 0);
  in.event.payload.vcpu_wakeup.valid = static_cast<std::uint8_t>(in.number(2) != 0);
}

void fill_timer_irq(const Fill& in) {
  in.event.payload.timer_irq.vcpu_id = in.number32(0);
  in.event.payload.timer_irq.irq = in.number32(1);
  in.event.payload.timer_irq.level = in.number32(2);
}

void fill_timer_context(const Fill& in) {
  in.event.payload.timer_context.ctl = in.number(0);
  in.event.payload.timer_context.cval = in.number(1);
}

void fill_userspace_exit(const Fill& in) {
  in.event.payload.userspace_exit.reason = in.number32(0);
  in.event.payload.userspace_exit.error = in.signed32(1);
}

void fill_signal(const Fill& in) {
  in.event.payload.signal.number = in.number32(0);
  in.event.payload.signal.tid = in.number32(1);
  in.event.payload.signal.group = in.number(2) != 0 ? 1 : 0;
}

// 6.13 has no pid here: the one that is renamed is the current one, but for a write to its
// /proc/PID/comm. Stable kernels have taken that back.
void fill_rename(const Fill& in) {
  in.event.payload.rename.tid = in.has(0) ? in.number32(0) : in.event.tid;
  put_comm(in.text(1), in.event.payload.rename.comm);
}

struct Spec {
  wp_event_kind kind;
  std::string_view system, name;
  std::array<const char*, kMostFields> fields;
  void (*fill)(const Fill&);
};

constexpr std::array kSpecs{
    Spec{WP_EVENT_IRQ_ENTRY, "irq", "irq_handler_entry", {"irq", "name"}, fill_irq},
    Spec{WP_EVENT_IRQ_EXIT, "irq", "irq_handler_exit", {"irq", "", "ret"}, fill_irq},
    Spec{WP_EVENT_VECTOR_ENTRY, "irq_vectors", "local_timer_entry", {"vector"}, fill_vector},
    Spec{WP_EVENT_VECTOR_EXIT, "irq_vectors", "local_timer_exit", {"vector"}, fill_vector},
    Spec{WP_EVENT_IPI_RAISE, "ipi", "ipi_raise", {"reason"}, fill_ipi},
    Spec{WP_EVENT_IPI_SEND, "ipi", "ipi_send_cpu", {"", "cpu"}, fill_ipi},
    Spec{WP_EVENT_IPI_ENTRY, "ipi", "ipi_entry", {"reason"}, fill_ipi},
    Spec{WP_EVENT_IPI_EXIT, "ipi", "ipi_exit", {"reason"}, fill_ipi},
    Spec{WP_EVENT_HRTIMER_START,
         "timer",
         "hrtimer_start",
         {"hrtimer", "function", "softexpires"},
         fill_hrtimer_start},
    Spec{WP_EVENT_HRTIMER_EXPIRE_ENTRY,
         "timer",
         "hrtimer_expire_entry",
         {"hrtimer", "function", "now"},
         fill_hrtimer_expire},
    Spec{WP_EVENT_HRTIMER_EXPIRE_EXIT,
         "timer",
         "hrtimer_expire_exit",
         {"hrtimer"},
         fill_hrtimer_expire},
    Spec{WP_EVENT_SOFTIRQ_RAISE, "irq", "softirq_raise", {"vec"}, fill_softirq},
    Spec{WP_EVENT_SOFTIRQ_ENTRY, "irq", "softirq_entry", {"vec"}, fill_softirq},
    Spec{WP_EVENT_SOFTIRQ_EXIT, "irq", "softirq_exit", {"vec"}, fill_softirq},
    Spec{WP_EVENT_WORK_QUEUE,
         "workqueue",
         "workqueue_queue_work",
         {"work", "function", "req_cpu"},
         fill_work_queue},
    Spec{WP_EVENT_WORK_START,
         "workqueue",
         "workqueue_execute_start",
         {"work", "function"},
         fill_work},
    Spec{WP_EVENT_WORK_END, "workqueue", "workqueue_execute_end", {"work", "function"}, fill_work},
    Spec{WP_EVENT_KTHREAD_WORK_QUEUE,
         "sched",
         "sched_kthread_work_queue_work",
         {"work", "function"},
         fill_work_queue},
    Spec{WP_EVENT_KTHREAD_WORK_START,
         "sched",
         "sched_kthread_work_execute_start",
         {"work", "function"},
         fill_work},
    Spec{WP_EVENT_KTHREAD_WORK_END,
         "sched",
         "sched_kthread_work_execute_end",
         {"work", "function"},
         fill_work},
    Spec{
        WP_EVENT_WAKING, "sched", "sched_waking", {"pid", "target_cpu", "prio", "comm"}, fill_wake},
    Spec{
        WP_EVENT_WAKEUP, "sched", "sched_wakeup", {"pid", "target_cpu", "prio", "comm"}, fill_wake},
    Spec{WP_EVENT_SWITCH,
         "sched",
         "sched_switch",
         {"next_pid", "prev_state", "next_prio", "prev_comm", "next_comm"},
         fill_switch},
    Spec{WP_EVENT_MIGRATE, "sched", "sched_migrate_task", {"pid", "dest_cpu"}, fill_migrate},
    Spec{WP_EVENT_TASK_EXIT, "sched", "sched_process_exit", {"pid"}, fill_task_exit},
    Spec{WP_EVENT_CPU_IDLE, "power", "cpu_idle", {"state"}, fill_idle},
    Spec{WP_EVENT_KVM_ENTRY, "kvm", "kvm_entry", {"vcpu_pc"}, fill_kvm_entry},
    Spec{WP_EVENT_KVM_EXIT,
         "kvm",
         "kvm_exit",
         {"ret", "idx", "esr_ec", "exit_reason", "guest_rip", "vcpu_pc"},
         fill_kvm_exit},
    Spec{WP_EVENT_KVM_VCPU_WAKEUP,
         "kvm",
         "kvm_vcpu_wakeup",
         {"ns", "waited", "valid"},
         fill_vcpu_wakeup},
    Spec{WP_EVENT_KVM_TIMER_UPDATE_IRQ,
         "kvm",
         "kvm_timer_update_irq",
         {"vcpu_id", "irq", "level"},
         fill_timer_irq},
    Spec{WP_EVENT_KVM_TIMER_SAVE,
         "kvm",
         "kvm_timer_save_state",
         {"ctl", "cval"},
         fill_timer_context},
    Spec{WP_EVENT_KVM_TIMER_RESTORE,
         "kvm",
         "kvm_timer_restore_state",
         {"ctl", "cval"},
         fill_timer_context},
    Spec{WP_EVENT_KVM_USERSPACE_EXIT,
         "kvm",
         "kvm_userspace_exit",
         {"reason", "errno"},
         fill_userspace_exit},
    Spec{WP_EVENT_SIGNAL, "signal", "signal_generate", {"sig", "pid", "group"}, fill_signal},
    Spec{WP_EVENT_RENAME, "task", "task_rename", {"pid", "newcomm"}, fill_rename},
};

// Where an event that is used has what.
struct Layout {
  const Spec* spec;
  tep_event* format;
  Field flags, tid;
  Fields fields{};
  std::uint32_t bytes{};  // to the end of the last of these fields
};

Layout layout_of(const Spec& spec, tep_event& format) {
  Layout layout{&spec, &format, tep_field(::tep_find_common_field(&format, "common_flags")),
                tep_field(::tep_find_common_field(&format, "common_pid"))};
  for (std::size_t i = 0; i < kMostFields; ++i) {
    if (spec.fields[i] != nullptr && *spec.fields[i] != '\0') {
      layout.fields[i] = tep_field(::tep_find_field(&format, spec.fields[i]));
    }
  }
  const auto include = [&](const Field& field) {
    if (field.kind != Field::Kind::missing) {
      layout.bytes = std::max(layout.bytes, field.offset + field.size);
    }
  };
  include(layout.flags);
  include(layout.tid);
  std::ranges::for_each(layout.fields, include);
  return layout;
}

std::uint8_t context_of(std::uint64_t flags) {
  unsigned context = WP_CONTEXT_KNOWN;
  context |= (flags & kFlagSoftirq) != 0 ? WP_CONTEXT_SOFTIRQ : 0;
  context |= (flags & kFlagHardirq) != 0 ? WP_CONTEXT_HARDIRQ : 0;
  context |= (flags & kFlagNmi) != 0 ? WP_CONTEXT_NMI : 0;
  return static_cast<std::uint8_t>(context);
}

// The texts of arch/arm64/kernel/smp.c, ipi_types[].
wp_ipi_reason reason_in(std::string_view text) {
  const auto says = [&](std::string_view words) {
    return text.find(words) != std::string_view::npos;
  };
  if (says("Rescheduling")) {
    return WP_IPI_RESCHEDULE;
  }
  if (says("Function call")) {
    return WP_IPI_CALL_FUNCTION;
  }
  if (says("IRQ work")) {
    return WP_IPI_IRQ_WORK;
  }
  return says("Timer broadcast") ? WP_IPI_TIMER_BROADCAST : WP_IPI_OTHER;
}

}  // namespace

struct TepEvents::Impl {
  tep_handle& tep;
  std::uint32_t cpus;
  FunctionName function_name;
  Field type;                       // the same in all events
  std::vector<Layout> layouts;      // of the events that are used
  std::vector<std::int32_t> by_id;  // index into layouts, or kLeftOut ...
  std::unordered_map<std::uint64_t, std::string> functions{};
  std::unordered_map<std::uint64_t, wp_ipi_reason> reasons{};

  static constexpr std::int32_t kUnknown = -1, kLeftOut = -2, kGraph = -3;

  void add(tep_event& format);
  std::string_view function(std::uint64_t address);
  wp_ipi_reason reason(Bytes bytes, std::uint64_t text);
};

void TepEvents::Impl::add(tep_event& format) {
  if (format.id < 0 || format.id > 0xffff || format.name == nullptr || format.system == nullptr) {
    return;
  }
  const auto id = static_cast<std::size_t>(format.id);
  if (by_id.size() <= id) {
    by_id.resize(id + 1, kUnknown);
  }
  const std::string_view system = format.system;
  const std::string_view name = format.name;
  by_id[id] = name.starts_with("funcgraph_") ? kGraph : kLeftOut;
  const auto spec = std::ranges::find_if(
      kSpecs, [&](const Spec& each) { return each.name == name && each.system == system; });
  if (spec == kSpecs.end()) {
    return;
  }
  by_id[id] = static_cast<std::int32_t>(layouts.size());
  layouts.push_back(layout_of(*spec, format));
}

std::string_view TepEvents::Impl::function(std::uint64_t address) {
  if (address == 0) {
    return {};
  }
  const auto found = functions.find(address);
  if (found != functions.end()) {
    return found->second;
  }
  if (functions.size() >= kMostCached) {
    functions.clear();
  }
  return functions.emplace(address, function_name(address)).first->second;
}

// The record holds the address of a text, which only the library can turn into the text.
wp_ipi_reason TepEvents::Impl::reason(Bytes bytes, std::uint64_t text) {
  const auto found = reasons.find(text);
  if (found != reasons.end()) {
    return found->second;
  }
  if (reasons.size() >= kMostCached) {
    reasons.clear();
  }
  tep_record record{};
  record.size = static_cast<int>(bytes.size());
  record.data = const_cast<std::byte*>(bytes.data());
  trace_seq printed{};
  ::trace_seq_init(&printed);
  ::tep_print_event(&tep, &printed, &record, "%s", TEP_PRINT_INFO);
  ::trace_seq_terminate(&printed);
  const wp_ipi_reason is = reason_in(printed.buffer);
  ::trace_seq_destroy(&printed);
  return reasons.emplace(text, is).first->second;
}

TepEvents::TepEvents(tep_handle& tep, std::uint32_t cpus, FunctionName function_name)
    : impl_(new Impl{tep, cpus, std::move(function_name), {}, {}, {}}) {
  const int count = ::tep_get_events_count(&tep);
  for (int i = 0; i < count; ++i) {
    tep_event* format = ::tep_get_event(&tep, i);
    if (format == nullptr) {
      continue;
    }
    impl_->add(*format);
    if (impl_->type.kind == Field::Kind::missing) {
      impl_->type = tep_field(::tep_find_common_field(format, "common_type"));
    }
  }
}

TepEvents::~TepEvents() = default;

TepEvents::Kind TepEvents::read(Bytes bytes, std::uint64_t time_ns, std::uint32_t cpu,
                                TraceEvent& event) {
  Impl& me = *impl_;
  const Record record(me.tep, bytes);
  const std::uint64_t id = record.number(me.type);
  const std::int32_t index = id < me.by_id.size() ? me.by_id[id] : Impl::kUnknown;
  if (index < 0) {
    return index == Impl::kLeftOut ? Kind::left_out
           : index == Impl::kGraph ? Kind::function_graph
                                   : Kind::unknown;
  }
  const Layout& layout = me.layouts[static_cast<std::size_t>(index)];
  if (bytes.size() < layout.bytes) {
    return Kind::damaged;
  }
  event = TraceEvent{};
  event.time_ns = time_ns;
  event.cpu = cpu;
  event.tid = record.number32(layout.tid);
  event.context = layout.flags.kind == Field::Kind::missing
                      ? std::uint8_t{0}
                      : context_of(record.number(layout.flags));
  event.kind = layout.spec->kind;
  layout.spec->fill({record, layout.fields, me.cpus, event});
  switch (event.kind) {
    case WP_EVENT_HRTIMER_START:
      event.name = me.function(event.payload.hrtimer_start.function);
      break;
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
      event.name = me.function(event.payload.hrtimer.function);
      break;
    case WP_EVENT_WORK_QUEUE:
    case WP_EVENT_WORK_START:
    case WP_EVENT_WORK_END:
    case WP_EVENT_KTHREAD_WORK_QUEUE:
    case WP_EVENT_KTHREAD_WORK_START:
    case WP_EVENT_KTHREAD_WORK_END:
      event.name = me.function(event.payload.work.function);
      break;
    case WP_EVENT_IPI_RAISE:
    case WP_EVENT_IPI_ENTRY:
    case WP_EVENT_IPI_EXIT:
      event.payload.ipi.reason = me.reason(bytes, record.number(layout.fields[0]));
      break;
    default:
      break;
  }
  if (event.comm.empty() && event.tid != 0) {
    const char* comm = ::tep_data_comm_from_pid(&me.tep, static_cast<int>(event.tid));
    if (comm != nullptr && *comm != '<') {
      event.comm = comm;
    }
  }
  return Kind::used;
}

std::string_view event_system(wp_event_kind kind) {
  const auto* spec = std::ranges::find(kSpecs, kind, &Spec::kind);
  return spec == kSpecs.end() ? std::string_view{} : spec->system;
}

TraceClock trace_clock(std::string_view name) {
  if (name.empty()) {
    return TraceClock::unknown;
  }
  if (name == "mono") {
    return TraceClock::monotonic;
  }
  if (name == "boot") {
    return TraceClock::boot;
  }
  if (name == "local" || name == "perf") {
    return TraceClock::local;
  }
  // Of the others these count no nanoseconds: events, jiffies, cycles.
  constexpr std::array<std::string_view, 4> kNoTime{"counter", "uptime", "x86-tsc", "ppc-tb"};
  return std::ranges::find(kNoTime, name) != kNoTime.end() ? TraceClock::none : TraceClock::other;
}

}  // namespace wakepath::foreign
