// SPDX-License-Identifier: GPL-2.0-or-later
// KVM. Where it is a module its tracepoints are attached as raw ones, which needs neither the
// module's BTF nor the privilege to look it up: nothing that an argument points to is read directly
// here, and the vCPU is found through the current task.
#include "kvm_timer.bpf.h"

#define WP_KVM_TRACEPOINT(name)                                \
  SEC("?tp_btf/" #name)                                        \
  int name(unsigned long long* ctx) { return on_##name(ctx); } \
  SEC("?raw_tp/" #name)                                        \
  int raw_##name(unsigned long long* ctx) { return on_##name(ctx); }

static __always_inline int on_kvm_entry(unsigned long long* ctx) {
  if (!every_kvm_event) {
    struct wp_cpu_counters* mine = counters_of(bpf_get_smp_processor_id());

    // Interrupts are off here: nothing can come between the test and the clearing.
    if (!*(volatile __u32*)&mine->entry_wanted) {
      return skip();
    }
    mine->entry_wanted = 0;
  }
  WP_BEGIN(record, struct wp_kvm_entry, WP_EVENT_KVM_ENTRY);
  record.data.pc = kvm_entry_has_pc ? ctx[0] : 0;
  need_vcpu_of_current(record.batch.cpu, record.event.tid);
  WP_EMIT(record);
  return 0;
}

WP_KVM_TRACEPOINT(kvm_entry)

static __always_inline int on_kvm_exit(unsigned long long* ctx) {
  WP_BEGIN(record, struct wp_kvm_exit, WP_EVENT_KVM_EXIT);

  // x86, 5.17 to 5.19, 0a62a0319abb: (reason, vcpu, isa) became (vcpu, isa).
  record.data.ret = kvm_exit_has_reason ? (__s32)ctx[0] : -1;
  record.data.esr_ec = kvm_exit_has_class ? (__u32)ctx[1] : 0;
  need_vcpu_of_current(record.batch.cpu, record.event.tid);
  WP_EMIT(record);
  return 0;
}

WP_KVM_TRACEPOINT(kvm_exit)

static __always_inline int on_kvm_vcpu_wakeup(unsigned long long* ctx) {
  WP_BEGIN(record, struct wp_kvm_vcpu_wakeup, WP_EVENT_KVM_VCPU_WAKEUP);

  record.data.wait_ns = ctx[0];
  record.data.waited = (__u8)ctx[1];
  record.data.valid = (__u8)ctx[2];
  __builtin_memset(record.data.reserved, 0, sizeof(record.data.reserved));
  need_vcpu_of_current(record.batch.cpu, record.event.tid);
  counters_of(record.batch.cpu)->entry_wanted = 1;
  WP_EMIT(record);
  return 0;
}

WP_KVM_TRACEPOINT(kvm_vcpu_wakeup)

static __always_inline int on_kvm_timer_update_irq(unsigned long long* ctx) {
  __u64 link;

  if (!every_kvm_event && !(__u32)ctx[2]) {
    return skip();
  }
  WP_BEGIN(record, struct wp_kvm_timer_update_irq, WP_EVENT_KVM_TIMER_UPDATE_IRQ);

  record.data.vcpu_id = (__u32)ctx[0];
  record.data.irq = (__u32)ctx[1];
  record.data.level = (__u32)ctx[2];
  record.data.flags = 0;
  record.data.cval = 0;
  record.data.voffset = 0;
  link = need_vcpu_of_current(record.batch.cpu, record.event.tid);
  if (record.data.level) {
    read_saved_deadline(&record.data, vcpu_of(link));
    counters_of(record.batch.cpu)->entry_wanted = 1;
  }
  WP_EMIT(record);
  return 0;
}

WP_KVM_TRACEPOINT(kvm_timer_update_irq)

static __always_inline int on_kvm_userspace_exit(unsigned long long* ctx) {
  WP_BEGIN(record, struct wp_kvm_userspace_exit, WP_EVENT_KVM_USERSPACE_EXIT);

  record.data.reason = (__u32)ctx[0];
  record.data.error = (__s32)ctx[1];
  need_vcpu_of_current(record.batch.cpu, record.event.tid);
  counters_of(record.batch.cpu)->named_tid = 0; /* the next KVM_RUN may be another vCPU's */
  WP_EMIT(record);
  return 0;
}

WP_KVM_TRACEPOINT(kvm_userspace_exit)

// The kick makes a vCPU look at what has become pending for it; one that polls is not woken, so no
// other event tells who ended its poll. The probe's context is the registers: on arm64 an
// argument's register x0 comes first, on x86 rdi is the 15th (struct pt_regs in
// arch/x86/include/asm/ptrace.h).
#ifdef __TARGET_ARCH_arm64
#define FIRST_ARGUMENT 0
#else
#define FIRST_ARGUMENT 14
#endif

SEC("?kprobe")
int kvm_vcpu_kick(unsigned long long* ctx) {
  WP_BEGIN(record, struct wp_vcpu_kick, WP_EVENT_VCPU_KICK);

  record.event.context = current_context(record.batch.cpu);
  record.data.vcpu = ctx[FIRST_ARGUMENT];
  WP_EMIT(record);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
