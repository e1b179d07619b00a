/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's timer on arm64, as KVM has saved it. */
#ifndef WAKEPATH_KVM_TIMER_BPF_H
#define WAKEPATH_KVM_TIMER_BPF_H

#include "identity.bpf.h"

enum vcpu_sysreg {
  CNTVOFF_EL2 = 1,
  CNTV_CTL_EL0 = 2,
  CNTV_CVAL_EL0 = 3,
  CNTP_CTL_EL0 = 4,
  CNTP_CVAL_EL0 = 5,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct arch_timer_offset {
  __u64* vm_offset;
};

struct arch_timer_context {
  _Bool loaded;
};

struct arch_timer_context___since_6_4 {
  struct arch_timer_offset offset;
};

struct arch_timer_cpu {
  struct arch_timer_context timers[2];
};

struct kvm_cpu_context {
  __u64 sys_regs[1];
};

struct kvm_vcpu_arch {
  struct kvm_cpu_context ctxt;
  struct arch_timer_cpu timer_cpu;
};

struct kvm_vcpu___arm64 {
  struct kvm_vcpu_arch arch;
};

#pragma clang attribute pop

static __always_inline __u64 saved_register(__u64 registers, __u32 index) {
  __u64 value = 0;

  bpf_probe_read_kernel(&value, sizeof(value), (const void*)(registers + 8ull * index));
  return value;
}

#define WP_SAVED(registers, name) \
  saved_register((registers), (__u32)bpf_core_enum_value(enum vcpu_sysreg, name))

/*
 * Fills ctl, cval and voffset of the timer at out->timer, which belongs to the vCPU that `task` has
 * loaded. Zero where this kernel keeps them elsewhere, and for the timers of a nested hypervisor.
 */
static __always_inline void read_timer_context(struct wp_kvm_timer_context* out,
                                               struct task_struct* task) {
  struct arch_timer_context___since_6_4* timer = (void*)out->timer;
  struct wp_vcpu owner;
  __u64 timers, registers;

  out->ctl = 0;
  out->cval = 0;
  out->voffset = 0;
  if (!bpf_core_type_exists(struct arch_timer_context) || !read_vcpu(&owner, task)) {
    return;
  }
  timers = owner.vcpu + bpf_core_field_offset(struct kvm_vcpu___arm64, arch.timer_cpu.timers);
  registers = owner.vcpu + bpf_core_field_offset(struct kvm_vcpu___arm64, arch.ctxt.sys_regs);
  if (out->timer == timers) { /* TIMER_PTIMER, include/kvm/arm_arch_timer.h */
    out->ctl = WP_SAVED(registers, CNTP_CTL_EL0);
    out->cval = WP_SAVED(registers, CNTP_CVAL_EL0);
  } else if (out->timer == timers + bpf_core_type_size(struct arch_timer_context)) {
    out->ctl = WP_SAVED(registers, CNTV_CTL_EL0);
    out->cval = WP_SAVED(registers, CNTV_CVAL_EL0);
  }
  /* 6.4, 47053904e182: the offset moved from a register of the vCPU to the VM. */
  if (bpf_core_field_exists(timer->offset.vm_offset)) {
    __u64* offset = BPF_CORE_READ(timer, offset.vm_offset);

    if (offset) {
      bpf_probe_read_kernel(&out->voffset, sizeof(out->voffset), offset);
    }
  } else if (out->ctl | out->cval) {
    out->voffset = WP_SAVED(registers, CNTVOFF_EL2);
  }
}

#endif
