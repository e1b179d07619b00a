// SPDX-License-Identifier: GPL-2.0-or-later
// Text that has an event's fields by name tells what the kernel's own text tells.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "record/event_table.hpp"
#include "text_body.hpp"

namespace wakepath::foreign::text {
namespace {

void expect_same(const TraceEvent& event, const TraceEvent& as) {
  EXPECT_EQ(event.kind, as.kind);
  EXPECT_TRUE(std::ranges::equal(event.payload.bytes, as.payload.bytes));
  EXPECT_EQ(event.name, as.name);
  EXPECT_EQ(event.comm, as.comm);
  EXPECT_EQ(event.other_comm, as.other_comm);
  EXPECT_EQ(event.now_ns, as.now_ns);
  EXPECT_EQ(event.vcpu, as.vcpu);
  EXPECT_EQ(event.x86, as.x86);
}

struct Forms {
  std::string_view event;
  std::string_view text;    // TP_printk
  std::string_view raw;     // trace-cmd report -R
  std::string_view fields;  // ftrace's option of that name
};

// trace-cmd 3.1 prints a field by the format of its event, older ones by its type: "esr_ec=36",
// "vcpu_pc=0x40000004".
constexpr Forms kForms[] = {
    {"irq_handler_entry", "irq=13 name=arch_timer", "irq=13 name=arch_timer",
     "irq=0xd (13) name=arch_timer"},
    {"irq_handler_exit", "irq=13 ret=handled", "irq=13 ret=1", "irq=0xd (13) ret=0x1 (1)"},
    {"irq_handler_exit", "irq=13 ret=unhandled", "irq=13 ret=0", "irq=0xd (13) ret=0x0 (0)"},
    {"local_timer_entry", "vector=236", "vector=236", "vector=0xec (236)"},
    {"ipi_raise", "target_mask=00000000,00000002 (Rescheduling interrupts)",
     "target_cpus=ARRAY[02, 00, 00, 00, 00, 00, 00, 00] reason=Rescheduling interrupts",
     "target_cpus={0x2,0x0} reason=(0xffff80001:Rescheduling interrupts)"},
    {"ipi_send_cpu", "cpu=3 callsite=ttwu_queue_wakelist+0x148/0x1a0 callback=0x0",
     "cpu=3 callsite=0xffff800010b0a148 callback=0x0",
     "cpu=0x3 (3) callsite=ttwu_queue_wakelist+0x148/0x1a0 (-80) callback=0x0 (0)"},
    {"ipi_entry", "(Function call interrupts)", "reason=Function call interrupts",
     "reason=(0xffff80001:Function call interrupts)"},
    {"ipi_exit", "(IRQ work interrupts)", "reason=IRQ work interrupts",
     "reason=(0xffff80001:IRQ work interrupts)"},
    {"hrtimer_start",
     "hrtimer=ffff80007ffc2120 function=tick_sched_timer expires=972000000 softexpires=971000000 "
     "mode=ABS",
     "hrtimer=0xffff80007ffc2120 function=tick_sched_timer expires=972000000 softexpires=971000000 "
     "mode=0 was_armed=0",
     "hrtimer=0xffff80007ffc2120 (-140735341125344) function=tick_sched_timer+0x0/0x60 (-7) "
     "expires=0x39ef8b00 (972000000) softexpires=0x39e048c0 (971000000) mode=0x0 (0)"},
    {"hrtimer_expire_entry", "hrtimer=ffff80007ffc2120 function=tick_sched_timer now=968084448",
     "hrtimer=0xffff80007ffc2120 now=968084448 function=tick_sched_timer",
     "hrtimer=0xffff80007ffc2120 (-140735341125344) now=0x39b3cbe0 (968084448) "
     "function=tick_sched_timer+0x0/0x60 (-7)"},
    {"hrtimer_expire_exit", "hrtimer=ffff80007ffc2120", "hrtimer=0xffff80007ffc2120",
     "hrtimer=0xffff80007ffc2120 (-140735341125344)"},
    {"softirq_raise", "vec=7 [action=SCHED]", "vec=7", "vec=0x7 (7)"},
    {"workqueue_queue_work",
     "work struct=ffff80007ffc2120 function=process_srcu workqueue=rcu_gp req_cpu=64 cpu=1",
     "work=0xffff80007ffc2120 function=process_srcu workqueue=rcu_gp req_cpu=64 cpu=1",
     "work=0xffff80007ffc2120 (-140735341125344) function=process_srcu+0x0/0x60 (-7) "
     "workqueue=rcu_gp req_cpu=0x40 (64) cpu=0x1 (1)"},
    {"workqueue_queue_work",
     "work struct=ffff80007ffc2120 function=process_srcu workqueue=rcu_gp req_cpu=1 cpu=1",
     "work=ffff80007ffc2120 function=process_srcu workqueue=0xffff80001 req_cpu=1 cpu=1",
     "work=0xffff80007ffc2120 (-140735341125344) function=process_srcu+0x0/0x60 (-7) "
     "workqueue=rcu_gp req_cpu=0x1 (1) cpu=0x1 (1)"},
    {"workqueue_execute_start", "work struct ffff80007ffc2120: function process_srcu",
     "work=0xffff80007ffc2120 function=process_srcu",
     "work=0xffff80007ffc2120 (-140735341125344) function=process_srcu+0x0/0x60 (-7)"},
    {"workqueue_execute_end", "work struct ffff80007ffc2120", "work=0xffff80007ffc2120",
     "work=0xffff80007ffc2120 (-140735341125344)"},
    {"sched_kthread_work_queue_work",
     "work struct=ffff80007ffc2120 function=pit_do_work worker=ffff800012345678",
     "work=0xffff80007ffc2120 function=pit_do_work worker=0xffff800012345678",
     "work=0xffff80007ffc2120 (-140735341125344) function=pit_do_work+0x0/0x60 (-7) worker=0x1 "
     "(1)"},
    {"sched_kthread_work_execute_start", "work struct ffff80007ffc2120: function pit_do_work",
     "work=0xffff80007ffc2120 function=pit_do_work",
     "work=0xffff80007ffc2120 (-140735341125344) function=pit_do_work+0x0/0x60 (-7)"},
    {"sched_waking", "comm=CPU 0/KVM pid=15 prio=98 target_cpu=003",
     "comm=CPU 0/KVM pid=15 prio=98 success=1 target_cpu=3",
     "comm=CPU 0/KVM pid=0xf (15) prio=0x62 (98) target_cpu=0x3 (3)"},
    {"sched_wakeup", "comm=a pid=1 pid=15 prio=98 target_cpu=003",
     "comm=a pid=1 pid=15 prio=98 target_cpu=003",
     "comm=a pid=1 pid=0xf (15) prio=0x62 (98) "
     "target_cpu=0x3 (3)"},
    {"sched_switch",
     "prev_comm=swapper/1 prev_pid=117 prev_prio=120 prev_state=R ==> next_comm=CPU 0/KVM "
     "next_pid=118 next_prio=120",
     "prev_comm=swapper/1 prev_pid=117 prev_prio=120 prev_state=0 next_comm=CPU 0/KVM next_pid=118 "
     "next_prio=120",
     "prev_comm=swapper/1 prev_pid=0x75 (117) prev_prio=0x78 (120) prev_state=0x0 (0) "
     "next_comm=CPU 0/KVM next_pid=0x76 (118) next_prio=0x78 (120)"},
    {"sched_switch",
     "prev_comm=CPU 0/KVM prev_pid=117 prev_prio=-1 prev_state=R+ ==> next_comm=b next_pid=118 "
     "next_prio=-1",
     "prev_comm=CPU 0/KVM prev_pid=117 prev_prio=-1 prev_state=0x100 next_comm=b next_pid=118 "
     "next_prio=-1",
     "prev_comm=CPU 0/KVM prev_pid=0x75 (117) prev_prio=0xffffffff (-1) prev_state=0x100 (256) "
     "next_comm=b next_pid=0x76 (118) next_prio=0xffffffff (-1)"},
    {"sched_migrate_task", "comm=a pid=117 prio=120 orig_cpu=0 dest_cpu=1",
     "comm=a pid=117 prio=120 orig_cpu=0 dest_cpu=1",
     "comm=a pid=0x75 (117) prio=0x78 (120) orig_cpu=0x0 (0) dest_cpu=0x1 (1)"},
    {"sched_process_exit", "comm=a pid=117 prio=120 group_dead=false",
     "comm=a pid=117 prio=120 group_dead=0",
     "comm=a pid=0x75 (117) prio=0x78 (120) group_dead=(0)"},
    {"cpu_idle", "state=4294967295 cpu_id=1", "state=4294967295 cpu_id=1",
     "state=0xffffffff (-1) cpu_id=0x1 (1)"},
    {"kvm_entry", "PC: 0x0000000040000084", "vcpu_pc=0x0000000040000084",
     "vcpu_pc=0x40000084 (1073741956)"},
    {"kvm_entry", "vcpu 3, rip 0xffffffff81e0e0cb", "vcpu_id=3 rip=0xffffffff81e0e0cb",
     "vcpu_id=0x3 (3) rip=0xffffffff81e0e0cb (-2116951861)"},
    {"kvm_exit", "TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0000000040000004",
     "ret=2 esr_ec=0x0024 vcpu_pc=0x0000000040000004",
     "ret=0x2 (2) esr_ec=0x24 (36) vcpu_pc=0x40000004 (1073741828)"},
    {"kvm_exit", "0x2: HSR_EC: 0x0024 (DABT_LOW), PC: 0x40000004",
     "idx=2 exit_reason=36 vcpu_pc=0x40000004",
     "idx=0x2 (2) exit_reason=0x24 (36) vcpu_pc=0x40000004 (1073741828)"},
    {"kvm_exit", "vcpu 0 reason HLT rip 0xffffffff8105ef16 info1 0x0 info2 0x0",
     "exit_reason=12 guest_rip=0xffffffff8105ef16 isa=1 info1=0 info2=0 intr_info=0 error_code=0 "
     "vcpu_id=0",
     "exit_reason=0xc (12) guest_rip=0xffffffff8105ef16 (-2130317546) isa=0x1 (1) info1=0x0 (0)"},
    {"kvm_exit", "reason hlt rip 0xffffffff8105ef16 info 0 0",
     "exit_reason=120 guest_rip=0xffffffff8105ef16 isa=2 info1=0 info2=0",
     "exit_reason=0x78 (120) guest_rip=0xffffffff8105ef16 (-2130317546) isa=0x2 (2)"},
    {"kvm_vcpu_wakeup", "wait time 10433312 ns, polling valid", "ns=10433312 waited=1 valid=1",
     "ns=0x9f3320 (10433312) waited=(1) valid=(1)"},
    {"kvm_vcpu_wakeup", "poll time 812 ns, polling invalid", "ns=812 waited=0 valid=0",
     "ns=0x32c (812) waited=(0) valid=(0)"},
    {"kvm_timer_update_irq", "VCPU: 1, IRQ 27, level 1", "vcpu_id=0x1 irq=27 level=1",
     "vcpu_id=0x1 (1) irq=0x1b (27) level=0x1 (1)"},
    {"kvm_timer_save_state", "   CTL: 0x000001 CVAL:         0xb32e16 arch_timer_ctx_index: 1",
     "ctl=0x000001 cval=        0xb32e16 timer_idx=1",
     "ctl=0x1 (1) cval=0xb32e16 (11742742) timer_idx=0x1 (1)"},
    {"kvm_timer_restore_state", "CTL: 00000000 CVAL:                0 arch_timer_ctx_index: 1",
     "ctl=00000000 cval=               0 timer_idx=1",
     "ctl=0x0 (0) cval=0x0 (0) timer_idx=0x1 (1)"},
    {"kvm_userspace_exit", "reason KVM_EXIT_MMIO (6)", "reason=6 errno=0",
     "reason=0x6 (6) errno=0x0 (0)"},
    {"signal_generate", "sig=10 errno=0 code=-6 comm=a pid=132 grp=1 res=0",
     "sig=10 errno=0 code=-6 comm=a pid=132 group=1 result=0",
     "sig=0xa (10) errno=0x0 (0) code=0xfffffffa (-6) comm=a pid=0x84 (132) group=0x1 (1)"},
    {"task_rename", "pid=132 oldcomm=run newcomm=CPU 0/KVM oom_score_adj=0",
     "pid=132 oldcomm=run newcomm=CPU 0/KVM oom_score_adj= 0",
     "pid=0x84 (132) oldcomm=run newcomm=CPU 0/KVM oom_score_adj=0x0 (0)"},
};

TEST(RawText, TellsWhatTheKernelsTextTells) {
  for (const Forms& forms : kForms) {
    const TraceEvent as = told(forms.event, forms.text);
    ASSERT_NE(as.kind, WP_EVENT_NONE) << forms.event << ": " << forms.text;
    for (const std::string_view text : {forms.raw, forms.fields}) {
      SCOPED_TRACE(std::string(forms.event) + ": " + std::string(text));
      expect_same(told(forms.event, text), as);
    }
    const std::string failed = "[FAILED TO PARSE] " + std::string(forms.raw);
    SCOPED_TRACE(std::string(forms.event) + ": " + failed);
    expect_same(told(forms.event, failed), as);
  }
}

// Each kind of event that tracefs has stands above.
TEST(RawText, EachEventIsThere) {
  for (const record::EventRow& row : record::kEventTable) {
    const bool there = std::ranges::any_of(
        kForms, [&](const Forms& forms) { return told(forms.event, forms.raw).kind == row.kind; });
    const bool twin = row.kind == WP_EVENT_VECTOR_EXIT || row.kind == WP_EVENT_SOFTIRQ_ENTRY ||
                      row.kind == WP_EVENT_SOFTIRQ_EXIT || row.kind == WP_EVENT_KTHREAD_WORK_END;
    EXPECT_EQ(there || twin, !row.system.empty()) << row.name;
  }
}

TEST(RawText, ErrorsOfUserSpaceAndNamesOfReasons) {
  EXPECT_EQ(told("kvm_userspace_exit", "reason=0 errno=-4").payload.userspace_exit.error, -4);
  const auto named = told("kvm_exit", "exit_reason=EXTERNAL_INTERRUPT guest_rip=0x1 isa=1");
  EXPECT_EQ(named.payload.kvm_exit.ret, 1);
  EXPECT_EQ(named.payload.kvm_exit.esr_ec, WP_X86_VMX);
  EXPECT_EQ(told("hrtimer_expire_entry", "hrtimer=0x1 now=7 function=0xffffc4bdf9174730")
                .payload.hrtimer.function,
            0xffffc4bdf9174730U);
}

TEST(RawText, ANameThatCannotBePrintedIsNotTold) {
  const auto waking =
      told("sched_waking", "comm=ARRAY[0a, 20, 70, 69, 64] pid=15 prio=1 target_cpu=3");
  EXPECT_EQ(waking.kind, WP_EVENT_WAKING);
  EXPECT_EQ(waking.payload.wake.tid, 15U);
  EXPECT_EQ(waking.other_comm, "");
}

TEST(RawText, NamesThatLookLikeFields) {
  const auto change =
      told("sched_switch",
           "prev_comm= prev_pid=9 x prev_pid=117 prev_prio=120 prev_state=1 next_comm=a next_pid=5 "
           "next_pid=118 next_prio=120");
  EXPECT_EQ(change.payload.sched_switch.next_tid, 118U);
  EXPECT_EQ(change.other_comm, "a next_pid=5");
  EXPECT_EQ(change.comm, " prev_pid=9 x");
  const auto entry = told("irq_handler_entry", "irq=0xd (13) name=eth0 irq=14");
  EXPECT_EQ(entry.payload.irq.irq, 13U);
  EXPECT_EQ(entry.name, "eth0 irq=14");
}

TEST(RawText, WhatIsCutIsNotRead) {
  for (const auto& [event, text] :
       {std::pair{"sched_waking", "comm=a pid=15 prio=98 target"},
        std::pair{"sched_waking", "comm=a pid=15 prio=98 target_cpu="},
        std::pair{"sched_switch", "next_comm=b next_pid=118"},
        std::pair{"irq_handler_exit", "irq=13"}, std::pair{"irq_handler_exit", "irq=13 ret=hand"},
        std::pair{"kvm_exit", "guest_rip=0x1 isa=1"}, std::pair{"kvm_entry", "rip=0x1"},
        std::pair{"kvm_vcpu_wakeup", "ns=812 waited=0"}, std::pair{"softirq_entry", "vec=0x"},
        std::pair{"softirq_entry", "vec=7 [acti"}, std::pair{"softirq_entry", "? vec=7"},
        std::pair{"kvm_userspace_exit", ""},
        std::pair{"sched_waking", "comm=longer than 15 bytes pid=1 prio=1 target_cpu=3"},
        std::pair{"cpu_idle", "=1"}}) {
    EXPECT_EQ(result(event, text), Body::unreadable) << event << ": " << text;
  }
  EXPECT_EQ(result("task_rename", "oldcomm=run newcomm=a oom_score_adj= 0"), Body::unused);
}

}  // namespace
}  // namespace wakepath::foreign::text
