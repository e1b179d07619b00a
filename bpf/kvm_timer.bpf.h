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

/* Two of them, of which `*b` is not wanted where `index_b` is 0: at once where they are close. */
static __always_inline void saved_registers(__u64 registers, __u32 index_a, __u64* a, __u32 index_b,
                                            __u64* b) {
  __u32 first = index_a < index_b ? index_a : index_b;
  __u64 words[4] = {};

  *b = 0;
  if (index_b && index_a - first < 4 && index_b - first < 4) {
    bpf_probe_read_kernel(words, sizeof(words), (const void*)(registers + 8ull * first));
    *a = words[index_a - first];
    *b = words[index_b - first];
    return;
  }
  *a = saved_register(registers, index_a);
  if (index_b) {
    *b = saved_register(registers, index_b);
  }
}

#define WP_INDEX(name) ((__u32)bpf_core_enum_value(enum vcpu_sysreg, name))

/*
 * Fills cval and voffset of the timer at out->timer, which belongs to the kvm_vcpu at `vcpu`. Gives
 * the index of its control register, or 0. Zero where this kernel keeps them elsewhere, and for the
 * timers of a nested hypervisor.
 */
static __always_inline __u32 read_deadline(struct wp_kvm_timer_context* out, __u64 registers,
                                           __u64 timers) {
  struct arch_timer_context___since_6_4* timer = (void*)out->timer;
  int of_vm = bpf_core_field_exists(timer->offset.vm_offset);
  __u32 control = 0;

  out->cval = 0;
  out->voffset = 0;
  if (out->timer == timers) { /* TIMER_PTIMER, include/kvm/arm_arch_timer.h */
    out->cval = saved_register(registers, WP_INDEX(CNTP_CVAL_EL0));
    control = WP_INDEX(CNTP_CTL_EL0);
  } else if (out->timer == timers + bpf_core_type_size(struct arch_timer_context)) {
    /* Before 6.4 only the virtual timer had an offset, timer_get_offset() in arch_timer.c. */
    saved_registers(registers, WP_INDEX(CNTV_CVAL_EL0), &out->cval,
                    of_vm ? 0 : WP_INDEX(CNTVOFF_EL2), &out->voffset);
    control = WP_INDEX(CNTV_CTL_EL0);
  }
  /* 6.4, 47053904e182: the offset moved from a register of the vCPU to the VM. */
  if (of_vm) {
    __u64* offset = BPF_CORE_READ(timer, offset.vm_offset);

    if (offset) {
      bpf_probe_read_kernel(&out->voffset, sizeof(out->voffset), offset);
    }
  }
  return control;
}

static __always_inline __u64 timers_of(__u64 vcpu) {
  return vcpu + bpf_core_field_offset(struct kvm_vcpu___arm64, arch.timer_cpu.timers);
}

static __always_inline __u64 registers_of(__u64 vcpu) {
  return vcpu + bpf_core_field_offset(struct kvm_vcpu___arm64, arch.ctxt.sys_regs);
}

/* The numbers that KVM gives the timers' interrupts where user space asks for no others. */
#define DEFAULT_VTIMER_IRQ 27
#define DEFAULT_PTIMER_IRQ 30

/*
 * The deadline of the timer behind interrupt `irq` of `vcpu`, where KVM has it saved: before the
 * load only (arch_timer_context.loaded), later the registers are the guest's to change.
 */
static __always_inline void read_saved_deadline(struct wp_kvm_timer_update_irq* out, __u64 vcpu) {
  struct wp_kvm_timer_context context;
  struct arch_timer_context* timer;

  if (!bpf_core_type_exists(struct arch_timer_context) || !vcpu ||
      (out->irq != DEFAULT_VTIMER_IRQ && out->irq != DEFAULT_PTIMER_IRQ)) {
    return;
  }
  context.timer = timers_of(vcpu);
  if (out->irq == DEFAULT_VTIMER_IRQ) {
    context.timer += bpf_core_type_size(struct arch_timer_context);
  }
  timer = (void*)context.timer;
  if (BPF_CORE_READ(timer, loaded)) {
    return;
  }
  read_deadline(&context, registers_of(vcpu), timers_of(vcpu));
  out->flags = WP_TIMER_SAVED;
  out->cval = context.cval;
  out->voffset = context.voffset;
}

#endif
