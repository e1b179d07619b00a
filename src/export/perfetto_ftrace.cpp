// SPDX-License-Identifier: GPL-2.0-or-later
// Fields inside the events' messages: protos/perfetto/trace/ftrace/{sched,irq,workqueue,power,ipi,
// kvm,timer,irq_vectors,task}.proto of v58.2, in the order of their numbers there.
#include "export/perfetto_ftrace.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "reconstruct/labels.hpp"
#include "util/escape.hpp"

namespace wakepath::exports::perfetto {

namespace {

constexpr std::size_t kBundle = 64 * std::size_t{1024};
constexpr std::int32_t kNormalPrio = 120;  // nice 0

template <std::size_t N>
std::string text_of(const char (&comm)[N]) {
  return escape_terminal(std::string_view(comm, strnlen(comm, N)));
}

std::string idle_comm(std::uint32_t cpu) { return fmt::format("swapper/{}", cpu); }

}  // namespace

std::string FtraceBundles::comm_of(std::uint32_t tid) const {
  if (const Task* const task = tasks_.find(tid); task != nullptr && task->comm[0] != '\0') {
    return escape_terminal(
        std::string_view(task->comm.data(), strnlen(task->comm.data(), task->comm.size())));
  }
  const std::string* const named = facts_->thread_name(tid);
  return named == nullptr ? std::string() : escape_terminal(*named);
}

std::int32_t FtraceBundles::prio_of(std::uint32_t tid) const {
  const Task* const task = tasks_.find(tid);
  return task == nullptr || task->prio == WP_PRIO_UNKNOWN ? kNormalPrio : task->prio;
}

void FtraceBundles::learn(const Event& event) {
  if (event.kind == WP_EVENT_SWITCH && event.payload.sched_switch.next_tid != 0) {
    const wp_switch& to = event.payload.sched_switch;
    Task& task = tasks_[to.next_tid];
    std::ranges::copy(to.next_comm, task.comm.begin());
    task.prio = to.next_prio;
  } else if (event.kind == WP_EVENT_RENAME) {
    std::ranges::copy(event.payload.rename.comm, tasks_[event.payload.rename.tid].comm.begin());
  } else if (event.kind == WP_EVENT_TASK_EXIT) {
    // It switches once more, and its number is another task's then.
    if (Task* const task = tasks_.find(event.payload.task_exit.tid); task != nullptr) {
      task->prio = WP_PRIO_UNKNOWN;
      task->exits = true;
    }
  }
}

void FtraceBundles::fill_switch(const Event& event, Writer& to) {
  const wp_switch& payload = event.payload.sched_switch;
  Writer one(to, ftrace::kSchedSwitch);
  one.add_string(1, event.tid == 0 ? idle_comm(event.cpu) : comm_of(event.tid));  // prev_comm
  one.add_int32(2, static_cast<std::int32_t>(event.tid));
  one.add_int32(3, prio_of(event.tid));
  const Task* const task = tasks_.find(event.tid);
  one.add_int64(4, states_.reported(payload, task != nullptr && task->exits));
  one.add_string(5, payload.next_tid == 0 ? idle_comm(event.cpu) : text_of(payload.next_comm));
  one.add_int32(6, static_cast<std::int32_t>(payload.next_tid));
  one.add_int32(7, payload.next_prio == WP_PRIO_UNKNOWN ? kNormalPrio : payload.next_prio);
}

void FtraceBundles::fill_waking(Field kind, const wp_wake& wake, Writer& to) {
  Writer one(to, kind);
  one.add_string(1, comm_of(wake.tid));
  one.add_int32(2, static_cast<std::int32_t>(wake.tid));
  one.add_int32(3, wake.prio);
  one.add_int32(4, 1);  // success: there are no others since Linux 4.8
  one.add_int32(5, static_cast<std::int32_t>(wake.cpu));
}

void FtraceBundles::fill_work(const Event& event, Writer& to) {
  const wp_work& work = event.payload.work;
  Writer one(to, event.kind == WP_EVENT_WORK_QUEUE   ? ftrace::kWorkqueueQueueWork
                 : event.kind == WP_EVENT_WORK_START ? ftrace::kWorkqueueExecuteStart
                                                     : ftrace::kWorkqueueExecuteEnd);
  one.add_uint64(1, work.work);
  if (work.function != 0) {
    one.add_uint64(2, packets_.kernel_symbol(facts_->function(work.function)));
  }
  if (event.kind == WP_EVENT_WORK_QUEUE && work.cpu != WP_CPU_ANY) {
    one.add_int32(4, static_cast<std::int32_t>(work.cpu));  // req_cpu
  }
}

void FtraceBundles::fill_timer(const Event& event, Writer& to) {
  if (event.kind == WP_EVENT_HRTIMER_START) {
    const wp_hrtimer_start& start = event.payload.hrtimer_start;
    Writer one(to, ftrace::kHrtimerStart);
    one.add_uint64(1, start.timer);
    one.add_uint64(2, packets_.kernel_symbol(facts_->function(start.function)));
    one.add_int64(4, start.softexpires);
    return;
  }
  const wp_hrtimer_expire& expire = event.payload.hrtimer;
  const bool entry = event.kind == WP_EVENT_HRTIMER_EXPIRE_ENTRY;
  Writer one(to, entry ? ftrace::kHrtimerExpireEntry : ftrace::kHrtimerExpireExit);
  one.add_uint64(1, expire.timer);
  if (entry) {
    one.add_uint64(3, packets_.kernel_symbol(facts_->function(expire.function)));
  }
}

void FtraceBundles::fill_kvm(const Event& event, Writer& to) {
  switch (event.kind) {
    case WP_EVENT_KVM_ENTRY:
      Writer(to, ftrace::kKvmEntry).add_uint64(1, event.payload.kvm_entry.pc);
      return;
    case WP_EVENT_KVM_EXIT: {
      Writer one(to, ftrace::kKvmExit);
      one.add_uint32(1, event.payload.kvm_exit.esr_ec);
      one.add_int32(2, event.payload.kvm_exit.ret);
      return;
    }
    case WP_EVENT_KVM_VCPU_WAKEUP: {
      Writer one(to, ftrace::kKvmVcpuWakeup);
      one.add_uint64(1, event.payload.vcpu_wakeup.wait_ns);
      one.add_uint32(2, event.payload.vcpu_wakeup.valid);
      one.add_uint32(3, event.payload.vcpu_wakeup.waited);
      return;
    }
    case WP_EVENT_KVM_TIMER_UPDATE_IRQ: {
      Writer one(to, ftrace::kKvmTimerUpdateIrq);
      one.add_uint32(1, event.payload.timer_irq.irq);
      one.add_int32(2, static_cast<std::int32_t>(event.payload.timer_irq.level));
      one.add_uint64(3, event.payload.timer_irq.vcpu_id);
      return;
    }
    case WP_EVENT_KVM_USERSPACE_EXIT:
      Writer(to, ftrace::kKvmUserspaceExit).add_uint32(1, event.payload.userspace_exit.reason);
      return;
    default:
      return;
  }
}

// Nothing, of what Perfetto has no message for.
void FtraceBundles::fill(const Event& event, Writer& to) {
  const auto& payload = event.payload;
  switch (event.kind) {
    case WP_EVENT_IRQ_ENTRY: {
      const reconstruct::IrqAction* const action = facts_->irq(payload.irq.action);
      Writer one(to, ftrace::kIrqHandlerEntry);
      one.add_int32(1, static_cast<std::int32_t>(payload.irq.irq));
      one.add_string(2, action == nullptr ? "?" : escape_terminal(action->name()));
      return;
    }
    case WP_EVENT_IRQ_EXIT: {
      Writer one(to, ftrace::kIrqHandlerExit);
      one.add_int32(1, static_cast<std::int32_t>(payload.irq.irq));
      one.add_int32(2, payload.irq.ret);
      return;
    }
    case WP_EVENT_VECTOR_ENTRY:
    case WP_EVENT_VECTOR_EXIT:
      Writer(to, event.kind == WP_EVENT_VECTOR_ENTRY ? ftrace::kLocalTimerEntry
                                                     : ftrace::kLocalTimerExit)
          .add_int32(1, static_cast<std::int32_t>(payload.vector.vector));
      return;
    case WP_EVENT_IPI_ENTRY:
    case WP_EVENT_IPI_EXIT:
      Writer(to, event.kind == WP_EVENT_IPI_ENTRY ? ftrace::kIpiEntry : ftrace::kIpiExit)
          .add_string(1, std::string(reconstruct::ipi_label(payload.ipi.reason)));
      return;
    case WP_EVENT_SOFTIRQ_RAISE:
    case WP_EVENT_SOFTIRQ_ENTRY:
    case WP_EVENT_SOFTIRQ_EXIT:
      Writer(to, event.kind == WP_EVENT_SOFTIRQ_RAISE   ? ftrace::kSoftirqRaise
                 : event.kind == WP_EVENT_SOFTIRQ_ENTRY ? ftrace::kSoftirqEntry
                                                        : ftrace::kSoftirqExit)
          .add_uint32(1, payload.softirq.vector);
      return;
    case WP_EVENT_HRTIMER_START:
    case WP_EVENT_HRTIMER_EXPIRE_ENTRY:
    case WP_EVENT_HRTIMER_EXPIRE_EXIT:
      return fill_timer(event, to);
    case WP_EVENT_WORK_QUEUE:
    case WP_EVENT_WORK_START:
    case WP_EVENT_WORK_END:
      return fill_work(event, to);
    case WP_EVENT_WAKING:
      return fill_waking(ftrace::kSchedWaking, payload.wake, to);
    case WP_EVENT_WAKEUP:
      return fill_waking(ftrace::kSchedWakeup, payload.wake, to);
    case WP_EVENT_SWITCH:
      return fill_switch(event, to);
    case WP_EVENT_MIGRATE: {
      Writer one(to, ftrace::kSchedMigrateTask);
      one.add_string(1, comm_of(payload.migrate.tid));
      one.add_int32(2, static_cast<std::int32_t>(payload.migrate.tid));
      one.add_int32(5, static_cast<std::int32_t>(payload.migrate.cpu));  // dest_cpu
      return;
    }
    case WP_EVENT_TASK_EXIT: {
      Writer one(to, ftrace::kSchedProcessExit);
      one.add_string(1, comm_of(payload.task_exit.tid));
      one.add_int32(2, static_cast<std::int32_t>(payload.task_exit.tid));
      one.add_int32(3, static_cast<std::int32_t>(payload.task_exit.tgid));
      return;
    }
    case WP_EVENT_RENAME: {
      Writer one(to, ftrace::kTaskRename);
      one.add_int32(1, static_cast<std::int32_t>(payload.rename.tid));
      one.add_string(2, comm_of(payload.rename.tid));
      one.add_string(3, text_of(payload.rename.comm));
      return;
    }
    case WP_EVENT_CPU_IDLE: {
      Writer one(to, ftrace::kCpuIdle);
      one.add_uint32(1, payload.cpu_idle.state);
      one.add_uint32(2, event.cpu);
      return;
    }
    default:
      return fill_kvm(event, to);
  }
}

void FtraceBundles::event(const Event& event) {
  one_.clear();
  {
    Writer to(one_);
    to.add_uint64(ftrace::kTimestamp, event.time_ns);
    to.add_uint32(ftrace::kPid, event.tid);
    const std::size_t bare = one_.size();
    fill(event, to);
    learn(event);
    if (one_.size() == bare) {
      return;
    }
  }
  ++events_;
  std::string& bundle = bundles_[event.cpu];
  Writer(bundle).add_message(bundle::kEvent, one_);
  if (bundle.size() >= kBundle) {
    flush(event.cpu, bundle);
  }
}

void FtraceBundles::flush(std::uint32_t cpu, std::string& events) {
  Writer(events).add_uint32(bundle::kCpu, cpu);
  packets_.add(packet::kFtraceEvents, events);
  events.clear();
}

void FtraceBundles::flush() {
  for (auto& [cpu, events] : bundles_) {
    if (!events.empty()) {
      flush(cpu, events);
    }
  }
}

}  // namespace wakepath::exports::perfetto
