// SPDX-License-Identifier: GPL-2.0-or-later
// The table of rules: a row each, with its signature, its words and its advice.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "findings/advice.hpp"
#include "findings/blame_advice.hpp"
#include "findings/culprit.hpp"
#include "findings/diagnosis.hpp"
#include "util/duration.hpp"

namespace wakepath::findings {

namespace {

using Kind = BlameKind;
using Stages = StageKind;

constexpr std::int32_t kRealTime = 100;         // kernel priorities below are real time
constexpr std::uint64_t kLongIdle = 1'000'000;  // no idle state takes so long to leave
constexpr std::uint64_t kLongDeepIdle = 10'000'000;
constexpr std::uint64_t kLongOwn = 50'000;

bool in(const Piece& piece, std::initializer_list<StageKind> stages) {
  return std::ranges::find(stages, piece.stage->kind) != stages.end();
}
bool is_task(const Piece& piece) { return piece.kind == Kind::task; }
bool is_named(const Piece& piece, std::string_view prefix) {
  return piece.blame != nullptr && piece.blame->what.starts_with(prefix);
}
bool holds(const Piece& piece, std::string_view part) {
  return piece.blame != nullptr && piece.blame->what.find(part) != std::string::npos;
}
bool is_real_time(const Piece& piece) {
  return is_task(piece) && piece.blame->prio && *piece.blame->prio < kRealTime;
}
// QEMU's "CPU 2/KVM", Firecracker's "fc_vcpu 2", Cloud Hypervisor's "vcpu2".
bool is_vcpu(const Piece& piece) {
  return is_task(piece) && ((is_named(piece, "CPU ") && holds(piece, "/KVM")) ||
                            is_named(piece, "fc_vcpu") || is_named(piece, "vcpu"));
}
// "idle state 2" -> 2; nullopt: the trace does not tell.
std::optional<unsigned> idle_state(const Piece& piece) {
  constexpr std::string_view kLead = "idle state ";
  if (!is_named(piece, kLead)) {
    return std::nullopt;
  }
  unsigned state = 0;
  for (const char digit : std::string_view(piece.blame->what).substr(kLead.size())) {
    if (std::isdigit(static_cast<unsigned char>(digit)) == 0) {
      return std::nullopt;
    }
    state = state * 10 + static_cast<unsigned>(digit - '0');
  }
  return state;
}
bool is_long_for_its_stage(const Piece& piece) {
  return piece.kind == Kind::self && piece.ns >= kLongOwn && piece.usual_ns &&
         piece.ns >= 2 * *piece.usual_ns;
}

std::string who(const Piece& piece) {
  BlameRow row;
  row.kind = piece.kind;
  if (piece.blame != nullptr) {
    row.kind = piece.blame->kind;
    row.what = piece.blame->what;
    row.tid = piece.blame->tid;
    row.prio = piece.blame->prio;
    row.interrupt = piece.blame->interrupt;
  }
  return culprit_name(row);
}
std::string cpu(const Piece& piece) { return fmt::format("CPU {}", piece.stage->cpu); }
std::string actor(const Piece& piece) {
  return piece.stage->actor.empty() ? std::string("the work") : piece.stage->actor;
}

Fix show_that_task(const Piece& piece) {
  return move_task(piece.blame->what, piece.blame->tid, cpu(piece));
}
bool is_own_interrupt_of_cpu(const Piece& piece) {
  return piece.kind == Kind::hardirq && piece.blame != nullptr &&
         is_own_interrupt(piece.blame->what, piece.blame->interrupt.get());
}
Fix show_interrupts(const Piece& piece) {
  return move_interrupt(piece.blame->what, piece.blame->interrupt.get(), piece.ns,
                        piece.stage->cpu);
}
Fix forbid_state(const Piece& piece) {
  CpuSet cpus;
  cpus.add(piece.stage->cpu);
  return forbid_idle_state(piece.blame->what, cpus);
}
Fix look_for_limits(const Piece& piece) {
  return show(fmt::format("cat /proc/{}/cgroup", piece.wake->who.tid),
              "nr_throttled in that group's cpu.stat, and cpu.max; for real time "
              "/proc/sys/kernel/sched_rt_runtime_us");
}

std::vector<DiagnosisRule> make_rules() {
  using enum Confidence;
  return {
      {"tracer", "wakepath itself", look,
       [](const Piece& p) { return is_task(p) && is_tracer(p.blame->what); },
       [](const Piece& p) {
         return fmt::format("{} ran on {}: by its name, wakepath itself", who(p), cpu(p));
       },
       show_that_task,
       "whether that is a thread of the wakepath that recorded: any task may have its name"},
      {"frozen", "the freezer", high,
       [](const Piece& p) { return p.kind == Kind::limit && is_named(p, "freezer"); },
       [](const Piece& p) {
         return fmt::format(
             "{} was frozen before its guest ran: the host was suspended, or the freezer of cgroup "
             "v1 stopped it",
             actor(p));
       },
       [](const Piece& p) { return look_for_limit(p.blame->what); }, ""},
      {"held_by_limit", "a bandwidth limit", high,
       [](const Piece& p) { return p.kind == Kind::limit; },
       [](const Piece& p) {
         return fmt::format("{} did not take {} although it could run: {} held it", cpu(p),
                            actor(p), p.blame->what);
       },
       [](const Piece& p) { return look_for_limit(p.blame->what); }, ""},
      {"cpu_idle_while_runnable", "a CPU that stayed idle", medium,
       [](const Piece& p) {
         return p.kind == Kind::idle_exit &&
                in(p, {Stages::wake_delay, Stages::work_delay, Stages::task_delay,
                       Stages::vcpu_entry}) &&
                p.ns >= (idle_state(p).value_or(0) == 0 ? kLongIdle : kLongDeepIdle);
       },
       [](const Piece& p) {
         return fmt::format(
             "{} was idle although {} could run: longer than any idle state takes to "
             "leave, so a limit held it (cpu.max, real-time throttling), or the freezer",
             cpu(p), actor(p));
       },
       look_for_limits, "nr_throttled of the thread's cgroup before and after"},
      {"deep_idle", "deep idle states", high,
       [](const Piece& p) { return p.kind == Kind::idle_exit && idle_state(p).value_or(0) >= 1; },
       [](const Piece& p) {
         return fmt::format("{} had to leave idle state {}", cpu(p), *idle_state(p));
       },
       forbid_state, ""},
      {"idle_exit", "the exit from idle", high,
       [](const Piece& p) { return p.kind == Kind::idle_exit; },
       [](const Piece& p) { return fmt::format("{} was idle, and had to leave it", cpu(p)); },
       forbid_state, "--events +cpu_idle, where the state is not told"},
      {"doorbell_elsewhere", "a doorbell on another CPU", high,
       [](const Piece& p) {
         const Root& root = p.wake->root;
         return p.kind == Kind::ipi && is_named(p, "in flight") &&
                (root.irq_name == "vcpu" || root.irq_name == "GICv4") && root.cpu &&
                *root.cpu != p.stage->cpu;
       },
       [](const Piece& p) {
         return fmt::format(
             "its GICv4 doorbell came to CPU {}, so that {} had to be told by an IPI",
             *p.wake->root.cpu, cpu(p));
       },
       [](const Piece& p) {
         return no_command(fmt::format(
             "the doorbell follows the CPU that the vCPU ran on last: pin it there (taskset -cp {} "
             "{})",
             p.stage->cpu, p.wake->who.tid));
       },
       ""},
      {"ipi_in_flight", "an IPI on its way", high,
       [](const Piece& p) { return p.kind == Kind::ipi && is_named(p, "in flight"); },
       [](const Piece& p) {
         return fmt::format("another CPU woke it by an IPI, and idle {} heard of it so late",
                            cpu(p));
       },
       [](const Piece&) {
         return no_command(
             "let the timer or device interrupt come to the vCPU's own CPU, or let "
             "that CPU poll: a deep idle state hears late");
       },
       ""},
      {"ipi_handler", "IPIs", high, [](const Piece& p) { return p.kind == Kind::ipi; },
       [](const Piece& p) { return fmt::format("{} handled an {}", cpu(p), who(p)); },
       [](const Piece&) {
         return no_command("wakepath live --events +ipi_raise shows which CPU sends them");
       },
       ""},
      {"tick", "the tick", high,
       [](const Piece& p) {
         return p.kind == Kind::hardirq && (holds(p, "tick_sched_timer") || holds(p, "tick_nohz"));
       },
       [](const Piece& p) { return fmt::format("the tick ran on {}", cpu(p)); },
       [](const Piece& p) { return find_tick_keeper(p.stage->cpu); }, ""},
      {"timer_callback_first", "other timers' callbacks", high,
       [](const Piece& p) { return p.kind == Kind::hardirq && holds(p, ": "); },
       [](const Piece& p) {
         return fmt::format("another timer's callback ran on {}: {}", cpu(p), who(p));
       },
       nullptr, ""},
      {"own_interrupt_long", "a CPU that stayed in its own interrupt", look,
       [](const Piece& p) { return is_own_interrupt_of_cpu(p) && p.ns >= kLongOwnInterrupt; },
       [](const Piece& p) {
         return fmt::format(
             "{} had {}: it is that CPU's own, and does not take so long unless its handler "
             "does, or {} stood still below this host (steal, firmware)",
             who(p), cpu(p), cpu(p));
       },
       show_interrupts, "steal in /proc/stat, rtla hwnoise; --events full names timers' callbacks"},
      {"own_interrupt", "a CPU's own interrupts", high, is_own_interrupt_of_cpu,
       [](const Piece& p) { return fmt::format("{} had {}, whose own it is", who(p), cpu(p)); },
       show_interrupts, ""},
      {"other_interrupt", "other interrupts", high,
       [](const Piece& p) { return p.kind == Kind::hardirq; },
       [](const Piece& p) { return fmt::format("{} had {}", who(p), cpu(p)); }, show_interrupts,
       ""},
      {"softirq", "softirqs", high, [](const Piece& p) { return p.kind == Kind::softirq; },
       [](const Piece& p) { return fmt::format("{} ran on {}", who(p), cpu(p)); },
       [](const Piece& p) {
         return no_command(fmt::format(
             "a softirq runs where its interrupt came: wakepath irqs says what comes to {}",
             cpu(p)));
       },
       ""},
      {"softirq_thread_late", "ksoftirqd", high,
       [](const Piece& p) { return is_task(p) && in(p, {Stages::softirq_delay}); },
       [](const Piece& p) {
         return fmt::format("the softirq was left to ksoftirqd, and {} had {}", who(p), cpu(p));
       },
       show_that_task, ""},
      {"irq_held_off", "interrupts that were held off", look,
       [](const Piece& p) {
         return is_task(p) && in(p, {Stages::timer_latency, Stages::irq_entry});
       },
       [](const Piece& p) {
         return fmt::format(
             "{} took the interrupt so late, and {} ran meanwhile: no task holds off "
             "an interrupt unless it masks them, or {} stood still below this host "
             "(steal, firmware)",
             cpu(p), who(p), cpu(p));
       },
       [](const Piece& p) { return look_for_steal(p.stage->cpu); },
       "steal in /proc/stat, rtla hwnoise; the irqsoff tracer names code that masks"},
      {"work_behind_real_time", "work behind a real-time task", high,
       [](const Piece& p) { return in(p, {Stages::work_delay}) && is_real_time(p); },
       [](const Piece& p) {
         return fmt::format("the work item waited behind {} on {}: a kworker is no real-time task",
                            who(p), cpu(p));
       },
       show_that_task, ""},
      {"work_pool_busy", "a busy worker pool", high,
       [](const Piece& p) {
         return in(p, {Stages::work_delay}) && is_task(p) && is_named(p, "kworker/");
       },
       [](const Piece& p) {
         return fmt::format("the work item waited while {} did other work on {}", who(p), cpu(p));
       },
       show_that_task, ""},
      {"work_behind_task", "work behind a task", high,
       [](const Piece& p) { return in(p, {Stages::work_delay}) && is_task(p); },
       [](const Piece& p) {
         return fmt::format("the work item waited behind {} on {}", who(p), cpu(p));
       },
       show_that_task, ""},
      {"helper_behind_task", "a late helper thread", high,
       [](const Piece& p) { return in(p, {Stages::task_delay}) && is_task(p); },
       [](const Piece& p) {
         return fmt::format("{} had to run first, and waited behind {} on {}", actor(p), who(p),
                            cpu(p));
       },
       show_that_task, ""},
      {"other_vcpu", "another vCPU on its CPU", high,
       [](const Piece& p) {
         return is_vcpu(p) && in(p, {Stages::wake_delay, Stages::vcpu_entry, Stages::deschedule});
       },
       [](const Piece& p) { return fmt::format("another vCPU had {}: {}", cpu(p), who(p)); },
       show_that_task, ""},
      {"behind_real_time", "a real-time task on its CPU", high,
       [](const Piece& p) {
         return is_real_time(p) &&
                in(p, {Stages::wake_delay, Stages::vcpu_entry, Stages::deschedule});
       },
       [](const Piece& p) { return fmt::format("{} had {}, and goes first", who(p), cpu(p)); },
       show_that_task, ""},
      {"preempted", "preemption before entry", high,
       [](const Piece& p) {
         return is_task(p) && in(p, {Stages::vcpu_entry, Stages::poll_exit});
       },
       [](const Piece& p) {
         return fmt::format("the vCPU lost {} to {} before its guest ran", cpu(p), who(p));
       },
       show_that_task, ""},
      {"descheduled", "a vCPU that was off its CPU", high,
       [](const Piece& p) { return is_task(p) && in(p, {Stages::deschedule}); },
       [](const Piece& p) {
         return fmt::format("the vCPU was off its CPU when its timer was due: {} had {}", who(p),
                            cpu(p));
       },
       show_that_task, ""},
      {"run_queue", "the run queue", high, is_task,
       [](const Piece& p) {
         return fmt::format("{} was ready, and {} had {}", actor(p), who(p), cpu(p));
       },
       show_that_task, ""},
      {"vmm_in_the_way", "exits to the VMM", medium,
       [](const Piece& p) {
         return p.kind == Kind::self && in(p, {Stages::vcpu_entry}) &&
                (p.user_exits || is_named(p, "VMM"));
       },
       [](const Piece&) {
         return std::string("before its guest ran, the vCPU's thread went out to the VMM");
       },
       nullptr, "--exits, or perf trace -t of the thread"},
      {"entry_slow", "a slow way into the guest", look,
       [](const Piece& p) { return is_long_for_its_stage(p) && in(p, {Stages::vcpu_entry}); },
       [](const Piece& p) {
         return fmt::format(
             "KVM's own way into the guest took so long (usual {}): requests, "
             "stage-2 faults, memory taken away",
             format_duration(p.usual_ns.value_or(0)));
       },
       nullptr, "--events full, or perf trace -e kvm:kvm_guest_fault"},
      {"work_long", "a long work item", high,
       [](const Piece& p) { return is_long_for_its_stage(p) && in(p, {Stages::work_run}); },
       [](const Piece& p) {
         return fmt::format(
             "the work item itself ran so long before it woke the vCPU (usual {}): {}",
             format_duration(p.usual_ns.value_or(0)), actor(p));
       },
       nullptr, ""},
      {"helper_slow", "a slow helper thread", high,
       [](const Piece& p) { return is_long_for_its_stage(p) && in(p, {Stages::task_run}); },
       [](const Piece& p) {
         return fmt::format("{} itself ran so long before it woke the vCPU (usual {})", actor(p),
                            format_duration(p.usual_ns.value_or(0)));
       },
       nullptr, ""},
      {"own_code", "its own code", high, [](const Piece& p) { return p.kind == Kind::self; },
       [](const Piece&) { return std::string("its own code: interrupt, callback, wake, entry"); },
       nullptr, ""},
      {"asleep", "a thread that slept", medium,
       [](const Piece& p) { return p.asleep || holds(p, "asleep"); },
       [](const Piece& p) {
         const bool alone = p.blame->kind == Kind::unexplained;
         return alone ? fmt::format("{} slept on its way, and what it waited for is not known",
                                    actor(p))
                      : fmt::format(
                            "{} slept on its way while {} had {}; whether it waited for "
                            "that is not known",
                            actor(p), who(p), cpu(p));
       },
       nullptr, "--events full"},
      {"not_known", "time that nothing explains", look, [](const Piece&) { return true; },
       [](const Piece&) { return std::string("not known: no event tells what was going on then"); },
       nullptr, "--events full; rtla hwnoise"},
  };
}

}  // namespace

const std::vector<DiagnosisRule>& diagnosis_rules() {
  static const std::vector<DiagnosisRule> kRules = make_rules();
  return kRules;
}

}  // namespace wakepath::findings
