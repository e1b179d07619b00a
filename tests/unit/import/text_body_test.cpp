// SPDX-License-Identifier: GPL-2.0-or-later
// What each event's text tells, in the words of the kernels that print it.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "text_body.hpp"

namespace wakepath::foreign::text {
namespace {

std::string_view next_comm(const TraceEvent& event) { return event.payload.sched_switch.next_comm; }

TEST(TextBody, Interrupts) {
  const auto entry = told("irq_handler_entry", "irq=13 name=arch_timer");
  EXPECT_EQ(entry.kind, WP_EVENT_IRQ_ENTRY);
  EXPECT_EQ(entry.payload.irq.irq, 13U);
  EXPECT_EQ(entry.name, "arch_timer");
  EXPECT_EQ(told("irq_handler_entry", "irq=4 name=kvm guest vtimer").name, "kvm guest vtimer");
  EXPECT_EQ(told("irq_handler_entry", "irq=4 name=").kind, WP_EVENT_IRQ_ENTRY);

  EXPECT_EQ(told("irq_handler_exit", "irq=13 ret=handled").payload.irq.ret, 1);
  const auto unhandled = told("irq_handler_exit", "irq=14 ret=unhandled");
  EXPECT_EQ(unhandled.kind, WP_EVENT_IRQ_EXIT);
  EXPECT_EQ(unhandled.payload.irq.irq, 14U);
  EXPECT_EQ(unhandled.payload.irq.ret, 0);

  EXPECT_EQ(told("local_timer_entry", "vector=236").kind, WP_EVENT_VECTOR_ENTRY);
  EXPECT_EQ(told("local_timer_exit", "vector=236").payload.vector.vector, 236U);
}

TEST(TextBody, Ipis) {
  const auto raise = told("ipi_raise", "target_mask=00000000,00000002 (Rescheduling interrupts)");
  EXPECT_EQ(raise.kind, WP_EVENT_IPI_RAISE);
  EXPECT_EQ(raise.payload.ipi.reason, WP_IPI_RESCHEDULE);
  EXPECT_EQ(told("ipi_entry", "(Function call interrupts)").payload.ipi.reason,
            WP_IPI_CALL_FUNCTION);
  EXPECT_EQ(told("ipi_exit", "(IRQ work interrupts)").payload.ipi.reason, WP_IPI_IRQ_WORK);
  EXPECT_EQ(told("ipi_entry", "(Timer broadcast interrupts)").payload.ipi.reason,
            WP_IPI_TIMER_BROADCAST);
  EXPECT_EQ(told("ipi_exit", "(CPU stop interrupts)").kind, WP_EVENT_IPI_EXIT);
  EXPECT_EQ(told("ipi_exit", "(CPU stop interrupts)").payload.ipi.reason, WP_IPI_OTHER);
  const auto send =
      told("ipi_send_cpu", "cpu=3 callsite=ttwu_queue_wakelist+0x148/0x1a0 callback=0x0");
  EXPECT_EQ(send.kind, WP_EVENT_IPI_SEND);
  EXPECT_EQ(send.payload.ipi.cpu, 3U);
}

TEST(TextBody, SoftirqsAndIdle) {
  EXPECT_EQ(told("softirq_raise", "vec=1 [action=TIMER]").kind, WP_EVENT_SOFTIRQ_RAISE);
  EXPECT_EQ(told("softirq_entry", "vec=9 [action=RCU]").payload.softirq.vector, 9U);
  EXPECT_EQ(told("softirq_exit", "vec=7 [action=SCHED]").kind, WP_EVENT_SOFTIRQ_EXIT);
  EXPECT_EQ(told("cpu_idle", "state=1 cpu_id=0").payload.cpu_idle.state, 1U);
  EXPECT_EQ(told("cpu_idle", "state=4294967295 cpu_id=1").payload.cpu_idle.state, WP_IDLE_EXIT);
}

TEST(TextBody, HrtimerStartOfEachKernel) {
  for (const std::string_view tail : {"", " mode=ABS", " mode=ABS|PINNED|HARD was_armed=1"}) {
    const std::string text =
        "hrtimer=ffff80007ffc2120 function=kvm_timer_expire expires=972000001 "
        "softexpires=972000000" +
        std::string(tail);
    const auto start = told("hrtimer_start", text);
    EXPECT_EQ(start.kind, WP_EVENT_HRTIMER_START);
    EXPECT_EQ(start.payload.hrtimer_start.timer, 0xffff80007ffc2120U);
    EXPECT_EQ(start.payload.hrtimer_start.softexpires, 972000000);
    EXPECT_EQ(start.name, "kvm_timer_expire");
    EXPECT_EQ(start.was_armed, tail.ends_with("=1") ? std::optional(true) : std::nullopt);
  }
  EXPECT_EQ(told("hrtimer_start",
                 "hrtimer=0000000069582916 function=tick_sched_timer expires=9648000000 "
                 "softexpires=9648000000 mode=ABS|PINNED|HARD was_armed=0")
                .was_armed,
            false);
  // A function of a module; an address in its place (perf script); trace-cmd's plugin.
  EXPECT_EQ(told("hrtimer_start",
                 "hrtimer=00000000108fd988 function=apic_timer_fn [kvm] expires=1 softexpires=1")
                .name,
            "apic_timer_fn [kvm]");
  EXPECT_EQ(told("hrtimer_start",
                 "hrtimer=0xffff67fbbfba0990 function=tick_sched_timer/0x0 expires=5 softexpires=4")
                .name,
            "tick_sched_timer");
}

TEST(TextBody, AFunctionWithoutANameIsItsAddress) {
  const auto start = told("hrtimer_start",
                          "hrtimer=0xffff67fbbfba0990 function=0xffffc4bdf906dd60 expires=5 "
                          "softexpires=4 mode=0x0");
  EXPECT_EQ(start.name, "");
  EXPECT_EQ(start.payload.hrtimer_start.function, 0xffffc4bdf906dd60U);
  const auto expiry = told("hrtimer_expire_entry", "hrtimer=0x1 function=0xffffc4bdf906dd60 now=7");
  EXPECT_EQ(expiry.name, "");
  EXPECT_EQ(expiry.payload.hrtimer.function, 0xffffc4bdf906dd60U);
  const auto work = told("workqueue_execute_end", "work struct 0x1: function 0xffffc4bdf9418fb0");
  EXPECT_EQ(work.name, "");
  EXPECT_EQ(work.payload.work.function, 0xffffc4bdf9418fb0U);
  EXPECT_EQ(told("workqueue_execute_start", "work struct 1: function 0xzz").name, "0xzz");
}

TEST(TextBody, HrtimerExpiry) {
  const auto entry = told("hrtimer_expire_entry",
                          "hrtimer=00000000108fd988 function=kvm_bg_timer_expire now=2672733568");
  EXPECT_EQ(entry.kind, WP_EVENT_HRTIMER_EXPIRE_ENTRY);
  EXPECT_EQ(entry.payload.hrtimer.timer, 0x108fd988U);
  EXPECT_EQ(entry.payload.hrtimer.softexpires, 0);
  EXPECT_EQ(entry.name, "kvm_bg_timer_expire");
  EXPECT_EQ(entry.now_ns, 2672733568U);
  const auto plugin =
      told("hrtimer_expire_entry",
           "hrtimer=0xffff67fbbfba0990 now=4148138608 function=tick_sched_timer/0x0");
  EXPECT_EQ(plugin.payload.hrtimer.timer, 0xffff67fbbfba0990U);
  EXPECT_EQ(plugin.name, "tick_sched_timer");
  EXPECT_EQ(plugin.now_ns, 4148138608U);
  EXPECT_EQ(told("hrtimer_expire_exit", "hrtimer=00000000108fd988").payload.hrtimer.timer,
            0x108fd988U);
  const auto unprinted = told("hrtimer_expire_exit", "hrtimer=(____ptrval____)");
  EXPECT_EQ(unprinted.kind, WP_EVENT_HRTIMER_EXPIRE_EXIT);
  EXPECT_EQ(unprinted.payload.hrtimer.timer, 0U);
}

TEST(TextBody, WorkIsQueued) {
  const auto any = told("workqueue_queue_work",
                        "work struct=ffff80007d678da8 function=process_srcu "
                        "workqueue=ffff80007d40b000 req_cpu=64 cpu=1");
  EXPECT_EQ(any.kind, WP_EVENT_WORK_QUEUE);
  EXPECT_EQ(any.payload.work.work, 0xffff80007d678da8U);
  EXPECT_EQ(any.payload.work.cpu, WP_CPU_ANY);
  EXPECT_EQ(any.name, "process_srcu");
  const auto bound = told("workqueue_queue_work",
                          "work struct=00000000f5fba0f0 function=vmstat_update [m] "
                          "workqueue=mm_percpu_wq req_cpu=1 cpu=1");
  EXPECT_EQ(bound.payload.work.cpu, 1U);
  EXPECT_EQ(bound.name, "vmstat_update [m]");
  const auto unbound = told("workqueue_queue_work",
                            "work struct=00000000f5fba0f0 function=f workqueue=events_unbound "
                            "req_cpu=8192 cpu=-1");
  EXPECT_EQ(unbound.payload.work.cpu, WP_CPU_ANY);
  const auto named = told("workqueue_queue_work",
                          "work struct=1 function=f workqueue=a req_cpu=1 cpu=1 req_cpu=64 cpu=2");
  EXPECT_EQ(named.payload.work.cpu, WP_CPU_ANY);
  const auto kthread = told("sched_kthread_work_queue_work",
                            "work struct=00000000f5fba0f0 function=pit_do_work [kvm] "
                            "worker=0000000042e5a1bc");
  EXPECT_EQ(kthread.kind, WP_EVENT_KTHREAD_WORK_QUEUE);
  EXPECT_EQ(kthread.payload.work.cpu, WP_CPU_ANY);
  EXPECT_EQ(kthread.name, "pit_do_work [kvm]");
}

TEST(TextBody, WorkIsExecuted) {
  const auto start = told("workqueue_execute_start",
                          "work struct ffff80007d678da8: function kvm_timer_inject_irq_work");
  EXPECT_EQ(start.kind, WP_EVENT_WORK_START);
  EXPECT_EQ(start.payload.work.work, 0xffff80007d678da8U);
  EXPECT_EQ(start.name, "kvm_timer_inject_irq_work");
  const auto old_end = told("workqueue_execute_end", "work struct ffff80007d678da8");
  EXPECT_EQ(old_end.kind, WP_EVENT_WORK_END);
  EXPECT_EQ(old_end.payload.work.work, 0xffff80007d678da8U);
  EXPECT_EQ(old_end.name, "");
  EXPECT_EQ(
      told("workqueue_execute_end", "work struct 0000000012345678: function irqfd_inject").name,
      "irqfd_inject");
  EXPECT_EQ(told("sched_kthread_work_execute_start", "work struct 01: function f").kind,
            WP_EVENT_KTHREAD_WORK_START);
  EXPECT_EQ(told("sched_kthread_work_execute_end", "work struct 01: function f").kind,
            WP_EVENT_KTHREAD_WORK_END);
}

TEST(TextBody, Wakes) {
  const auto waking = told("sched_waking", "comm=CPU 0/KVM pid=132 prio=-1 target_cpu=003");
  EXPECT_EQ(waking.kind, WP_EVENT_WAKING);
  EXPECT_EQ(waking.payload.wake.tid, 132U);
  EXPECT_EQ(waking.payload.wake.cpu, 3U);
  EXPECT_EQ(waking.payload.wake.prio, -1);
  EXPECT_EQ(waking.other_comm, "CPU 0/KVM");
  EXPECT_EQ(told("sched_wakeup", "comm=a pid=1 prio=120 success=1 target_cpu=000").payload.wake.tid,
            1U);
  EXPECT_EQ(told("sched_wakeup_new", "comm=a pid=2 prio=120 target_cpu=000").kind, WP_EVENT_WAKEUP);
  const auto plugin = told("sched_wakeup", "migration/1:19 [0] CPU:001");
  EXPECT_EQ(plugin.kind, WP_EVENT_WAKEUP);
  EXPECT_EQ(plugin.payload.wake.tid, 19U);
  EXPECT_EQ(plugin.payload.wake.prio, 0);
  EXPECT_EQ(plugin.payload.wake.cpu, 1U);
  EXPECT_EQ(plugin.other_comm, "migration/1");
  EXPECT_EQ(told("sched_wakeup", "a:b:19 [120] success=1 CPU:001").other_comm, "a:b");
}

TEST(TextBody, HostileNamesInWakes) {
  const auto fields = told("sched_waking", "comm=x pid=1 prio=2 pid=132 prio=120 target_cpu=003");
  EXPECT_EQ(fields.payload.wake.tid, 132U);
  EXPECT_EQ(fields.other_comm, "x pid=1 prio=2");
  EXPECT_EQ(
      told("sched_waking", "comm= target_cpu=7 pid=132 prio=120 target_cpu=003").payload.wake.cpu,
      3U);
  EXPECT_EQ(told("sched_waking", "comm= pid=132 prio=120 target_cpu=003").other_comm, "");
  // A plugin's line whose name looks like the kernel's fields.
  const auto plugin = told("sched_wakeup", "comm=x pid=1:19 [0] CPU:001");
  EXPECT_EQ(plugin.payload.wake.tid, 19U);
  EXPECT_EQ(plugin.other_comm, "comm=x pid=1");
}

TEST(TextBody, Switch) {
  const auto change = told("sched_switch",
                           "prev_comm=CPU 0/KVM prev_pid=117 prev_prio=120 prev_state=S ==> "
                           "next_comm=swapper/1 next_pid=0 next_prio=120");
  EXPECT_EQ(change.kind, WP_EVENT_SWITCH);
  EXPECT_EQ(change.payload.sched_switch.next_tid, 0U);
  EXPECT_EQ(change.payload.sched_switch.prev_state, 1U);
  EXPECT_EQ(change.payload.sched_switch.preempt, 0);
  EXPECT_EQ(change.payload.sched_switch.next_prio, 120);
  EXPECT_EQ(next_comm(change), "swapper/1");
  EXPECT_EQ(change.other_comm, "swapper/1");
  EXPECT_EQ(change.comm, "CPU 0/KVM");

  const auto plugin = told("sched_switch", "trace-cmd:117 [120] R ==> migration/1:19 [-1]");
  EXPECT_EQ(plugin.payload.sched_switch.next_tid, 19U);
  EXPECT_EQ(plugin.payload.sched_switch.prev_state, 0U);
  EXPECT_EQ(plugin.payload.sched_switch.next_prio, -1);
  EXPECT_EQ(plugin.other_comm, "migration/1");
}

TEST(TextBody, SwitchStates) {
  const auto state = [](std::string_view letters) {
    return told("sched_switch",
                "prev_comm=a prev_pid=117 prev_prio=120 prev_state=" + std::string(letters) +
                    " ==> next_comm=b next_pid=2 next_prio=120");
  };
  EXPECT_EQ(state("R").payload.sched_switch.prev_state, 0U);
  EXPECT_EQ(state("R").payload.sched_switch.preempt, 0);
  EXPECT_EQ(state("R+").payload.sched_switch.prev_state, 0U);
  EXPECT_EQ(state("R+").payload.sched_switch.preempt, 1);
  EXPECT_EQ(state("D").payload.sched_switch.prev_state, 2U);
  EXPECT_EQ(state("I").payload.sched_switch.prev_state, 0x402U);
  EXPECT_EQ(state("t").payload.sched_switch.prev_state, 8U);
  EXPECT_EQ(state("D|T").payload.sched_switch.prev_state, 6U);
  EXPECT_EQ(state("X").payload.sched_switch.prev_state, 0x80U);
  EXPECT_EQ(state("S|0x1000").payload.sched_switch.prev_state, 0x1001U);
  for (const auto* const nonsense : {"", "q", "S|", "|S", "SD", "S|0x", "0x1g"}) {
    EXPECT_EQ(state(nonsense).kind, WP_EVENT_NONE) << nonsense;
  }
}

TEST(TextBody, HostileNamesInSwitches) {
  const auto arrow = told("sched_switch",
                          "prev_comm= ==> next_comm= prev_pid=117 prev_prio=120 prev_state=S ==> "
                          "next_comm= next_pid=3 x next_pid=2 next_prio=120");
  EXPECT_EQ(arrow.payload.sched_switch.next_tid, 2U);
  EXPECT_EQ(arrow.other_comm, " next_pid=3 x");
  EXPECT_EQ(arrow.comm, " ==> next_comm=");
  const auto pid = told("sched_switch",
                        "prev_comm= prev_pid=7 b prev_pid=117 prev_prio=120 prev_state=D ==> "
                        "next_comm= prev_pid=8 b next_pid=2 next_prio=120");
  EXPECT_EQ(pid.payload.sched_switch.prev_state, 2U);
  EXPECT_EQ(pid.comm, " prev_pid=7 b");
  EXPECT_EQ(pid.other_comm, " prev_pid=8 b");
  // The plugin's form is read with the number of the thread that leaves.
  const auto plugin = told("sched_switch", "a:1 [2] R ==> b:117 [120] S ==> next:19 [120]");
  EXPECT_EQ(plugin.payload.sched_switch.prev_state, 1U);
  EXPECT_EQ(plugin.other_comm, "next");
  EXPECT_EQ(plugin.comm, "a:1 [2] R ==> b");
}

TEST(TextBody, OtherTaskEvents) {
  const auto migrate =
      told("sched_migrate_task", "comm=x dest_cpu=9 pid=117 prio=120 orig_cpu=0 dest_cpu=1");
  EXPECT_EQ(migrate.kind, WP_EVENT_MIGRATE);
  EXPECT_EQ(migrate.payload.migrate.tid, 117U);
  EXPECT_EQ(migrate.payload.migrate.cpu, 1U);

  const auto exit = told("sched_process_exit", "comm=a pid=117 prio=120");
  EXPECT_EQ(exit.kind, WP_EVENT_TASK_EXIT);
  EXPECT_EQ(exit.payload.task_exit.tid, 117U);
  EXPECT_EQ(
      told("sched_process_exit", "comm=a pid=117 prio=120 group_dead=false").payload.task_exit.tid,
      117U);

  const auto signal =
      told("signal_generate", "sig=10 errno=0 code=-6 comm= grp=1 res=7 pid=132 grp=0 res=0");
  EXPECT_EQ(signal.kind, WP_EVENT_SIGNAL);
  EXPECT_EQ(signal.payload.signal.number, 10U);
  EXPECT_EQ(signal.payload.signal.tid, 132U);
  EXPECT_EQ(signal.payload.signal.tgid, 0U);
  EXPECT_EQ(signal.payload.signal.group, 0U);
  EXPECT_EQ(told("signal_generate", "sig=9 errno=0 code=0 comm=a pid=132 grp=1 res=0")
                .payload.signal.group,
            1U);
}

TEST(TextBody, Rename) {
  const auto rename =
      told("task_rename", "pid=132 oldcomm=vmm newcomm=CPU 0/KVM oom_score_adj=-1000");
  EXPECT_EQ(rename.kind, WP_EVENT_RENAME);
  EXPECT_EQ(rename.payload.rename.tid, 132U);
  EXPECT_EQ(std::string_view(rename.payload.rename.comm), "CPU 0/KVM");
  EXPECT_EQ(result("task_rename", "oldcomm=vmm newcomm=CPU 0/KVM oom_score_adj=0"), Body::unused);
}

TEST(TextBody, OthersAreNotUsed) {
  EXPECT_EQ(result("kvm_set_irq", "gsi 0 level 1 source 0"), Body::unused);
  EXPECT_EQ(result("", ""), Body::unused);
  EXPECT_EQ(result("sched_switc", "anything"), Body::unused);
  EXPECT_EQ(result("workqueue_queue_workx", "anything"), Body::unused);
}

// Of a cut line only the last field can pass for a whole one, which is why a reader leaves out a
// line without an end.
TEST(TextBody, CutInsideIsUnreadable) {
  struct Line {
    std::string_view name, text;
    std::string_view last;  // what may not be cut
  };
  for (const auto& [name, text, last] :
       {Line{"sched_switch",
             "prev_comm=a prev_pid=117 prev_prio=120 prev_state=S ==> next_comm=b next_pid=2 "
             "next_prio=120",
             "next_prio="},
        Line{"sched_waking", "comm=vcpu pid=117 prio=120 target_cpu=001", "target_cpu="},
        Line{"kvm_vcpu_wakeup", "wait time 10433312 ns", " ns"},
        Line{"hrtimer_expire_exit", "hrtimer=1", "hrtimer="},
        Line{"workqueue_execute_start", "work struct 1: function f", ": function"},
        Line{"cpu_idle", "state=1 cpu_id=1", "cpu_id="},
        Line{"kvm_exit", "TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0", ", PC:"}}) {
    const std::size_t needed = text.find(last) + last.size();
    for (std::size_t length = 0; length < needed; ++length) {
      EXPECT_EQ(result(name, text.substr(0, length)), Body::unreadable)
          << name << ": " << text.substr(0, length);
    }
    EXPECT_EQ(result(name, text), Body::event) << name;
  }
}

}  // namespace
}  // namespace wakepath::foreign::text
