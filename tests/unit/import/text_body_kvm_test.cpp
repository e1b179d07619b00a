// SPDX-License-Identifier: GPL-2.0-or-later
// What the text of KVM's events tells, in the words of the kernels that print it.
#include <gtest/gtest.h>

#include "text_body.hpp"

namespace wakepath::foreign::text {
namespace {

TEST(TextBody, KvmEntry) {
  EXPECT_EQ(told("kvm_entry", "PC: 0x40000084").payload.kvm_entry.pc, 0x40000084U);
  EXPECT_EQ(told("kvm_entry", "CAN'T FIND FIELD \"vcpu_id\"<CANT FIND FIELD rip>PC: 0x40000004")
                .payload.kvm_entry.pc,
            0x40000004U);
  EXPECT_FALSE(told("kvm_entry", "PC: 0x40000084").vcpu);
  EXPECT_EQ(told("kvm_entry", "vcpu 0").vcpu, 0U);
  EXPECT_EQ(told("kvm_entry", "vcpu 3, rip 0xffffffff81e0e0cb").vcpu, 3U);
  EXPECT_EQ(told("kvm_entry", " vcpu 3 rip 0xffffffff81e0e0cb").vcpu, 3U);
}

TEST(TextBody, KvmExitOnArm64) {
  const auto trap = told("kvm_exit", "TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0000000040000004");
  EXPECT_EQ(trap.kind, WP_EVENT_KVM_EXIT);
  EXPECT_EQ(trap.payload.kvm_exit.ret, 2);
  EXPECT_EQ(trap.payload.kvm_exit.esr_ec, 0x24U);
  EXPECT_FALSE(trap.x86);
  const auto old = told("kvm_exit", "0x2: HSR_EC: 0x0001 (WFx), PC: 0x40000084");
  EXPECT_EQ(old.payload.kvm_exit.ret, 2);
  EXPECT_EQ(old.payload.kvm_exit.esr_ec, 1U);
  // The class that 4.14 prints of an interrupt is that of the trap before it.
  const auto irq = told("kvm_exit", "IRQ: HSR_EC: 0x0024 (DABT_LOW), PC: 0x40000084");
  EXPECT_EQ(irq.payload.kvm_exit.ret, 0);
  EXPECT_EQ(irq.payload.kvm_exit.esr_ec, 0U);
  EXPECT_EQ(
      told("kvm_exit", "<CANT FIND FIELD exit_reason>IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0").kind,
      WP_EVENT_KVM_EXIT);
  EXPECT_EQ(told("kvm_exit", "SERROR: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0").payload.kvm_exit.ret, 1);
}

TEST(TextBody, KvmExitOnX86) {
  const auto hlt = told("kvm_exit", "reason HLT rip 0xffffffff81062cd6 info 0 0");
  EXPECT_EQ(hlt.payload.kvm_exit.ret, 12);
  EXPECT_TRUE(hlt.x86);
  const auto newer =
      told("kvm_exit",
           "vcpu 0 reason EXTERNAL_INTERRUPT rip 0xfff info1 0x0000000000000000 info2 "
           "0x0000000000000000 intr_info 0x800000ec error_code 0x00000000 requests 0x0");
  EXPECT_EQ(newer.payload.kvm_exit.ret, 1);
  EXPECT_EQ(told("kvm_exit", "vcpu 1 reason hlt rip 0x1 info1 0x0").payload.kvm_exit.ret, 0x78);
  EXPECT_EQ(told("kvm_exit", "vcpu 1 reason npf rip 0x1 info1 0x0").payload.kvm_exit.ret, 0x400);
  EXPECT_EQ(told("kvm_exit", "vcpu 1 reason PF excp rip 0x1 info1 0x0").payload.kvm_exit.ret, 0x4e);
  EXPECT_EQ(told("kvm_exit", "vcpu 1 reason INVALID_STATE FAILED_VMENTRY rip 0x1 info1 0x0")
                .payload.kvm_exit.ret,
            33);
  EXPECT_EQ(told("kvm_exit", "vcpu 1 reason 0x4d rip 0x1 info1 0x0").payload.kvm_exit.ret, 0x4d);
  EXPECT_EQ(told("kvm_exit", "reason UNKNOWN (99) rip 0x1 info 0 0").payload.kvm_exit.ret, -1);
}

TEST(TextBody, OtherKvmEvents) {
  const auto wait = told("kvm_vcpu_wakeup", "wait time 10433312 ns, polling valid");
  EXPECT_EQ(wait.payload.vcpu_wakeup.wait_ns, 10433312U);
  EXPECT_EQ(wait.payload.vcpu_wakeup.waited, 1);
  EXPECT_EQ(wait.payload.vcpu_wakeup.valid, 1);
  const auto poll = told("kvm_vcpu_wakeup", "poll time 5 ns, polling invalid");
  EXPECT_EQ(poll.kind, WP_EVENT_KVM_VCPU_WAKEUP);
  EXPECT_EQ(poll.payload.vcpu_wakeup.waited, 0);
  EXPECT_EQ(poll.payload.vcpu_wakeup.valid, 0);

  const auto update = told("kvm_timer_update_irq", "VCPU: 2, IRQ 27, level 1");
  EXPECT_EQ(update.payload.timer_irq.vcpu_id, 2U);
  EXPECT_EQ(update.payload.timer_irq.irq, 27U);
  EXPECT_EQ(update.payload.timer_irq.level, 1U);

  const auto save = told("kvm_timer_save_state",
                         "   CTL: 0x000005 CVAL:         0xb32e16 arch_timer_ctx_index: 1");
  EXPECT_EQ(save.kind, WP_EVENT_KVM_TIMER_SAVE);
  EXPECT_EQ(save.payload.timer_context.ctl, 5U);
  EXPECT_EQ(save.payload.timer_context.cval, 0xb32e16U);
  EXPECT_EQ(save.payload.timer_context.timer, 0U);
  EXPECT_EQ(told("kvm_timer_restore_state",
                 "CTL: 00000000 CVAL:                0 arch_timer_ctx_index: 0")
                .kind,
            WP_EVENT_KVM_TIMER_RESTORE);

  const auto mmio = told("kvm_userspace_exit", "reason KVM_EXIT_MMIO (6)");
  EXPECT_EQ(mmio.payload.userspace_exit.reason, 6U);
  EXPECT_EQ(mmio.payload.userspace_exit.error, 0);
  const auto restart = told("kvm_userspace_exit", "reason restart (4)");
  EXPECT_EQ(restart.payload.userspace_exit.reason, 0U);
  EXPECT_EQ(restart.payload.userspace_exit.error, -4);
}

}  // namespace
}  // namespace wakepath::foreign::text
