// SPDX-License-Identifier: GPL-2.0-or-later
// KVM. Where it is a module its tracepoints are attached as raw ones, which needs neither the
// module's BTF nor the privilege to look it up. So no handler here reads what an argument points
// to; each finds the vCPU through the current task.
#include "kvm_timer.bpf.h"

// The same handler for a tracepoint of the kernel and for that of a module. The arguments of a
// tracepoint lie in its context one behind the other, each in 8 bytes: a struct gives them names,
// and each is loaded where it is used, so that none is kept over the calls before.
#define WP_KVM_TRACEPOINT(name)                                       \
  SEC("?tp_btf/" #name)                                               \
  int name(unsigned long long* ctx) { return on_##name((void*)ctx); } \
  SEC("?raw_tp/" #name)                                               \
  int raw_##name(unsigned long long* ctx) { return on_##name((void*)ctx); }

// arm64: kvm_entry(unsigned long vcpu_pc)
// x86: kvm_entry(struct kvm_vcpu *vcpu), newer kernels: (struct kvm_vcpu *vcpu,
//                                                       bool force_immediate_exit)
static __always_inline int on_kvm_entry(const unsigned long long* ctx) {
  if (!every_kvm_event) {
    struct wp_cpu_counters* mine = counters_of(bpf_get_smp_processor_id());

    // Interrupts are off here: nothing can come between the test and the clearing.
    if (!*(volatile __u32*)&mine->entry_wanted) {
      return skip();
    }
    mine->entry_wanted = 0;
  }
  WP_BEGIN(record, struct wp_kvm_entry, WP_EVENT_KVM_ENTRY);
  record.data.pc = kvm_entry_pc(ctx);
  need_vcpu_of_current(record.batch.cpu, record.event.tid);
  WP_EMIT(record);
  return 0;
}

WP_KVM_TRACEPOINT(kvm_entry)

// arm64: kvm_exit(int ret, unsigned int esr_ec, unsigned long vcpu_pc)
// x86: kvm_exit(struct kvm_vcpu *vcpu, u32 isa), older kernels:
//      kvm_exit(unsigned int exit_reason, struct kvm_vcpu *vcpu, u32 isa)
static __always_inline int on_kvm_exit(const unsigned long long* ctx) {
  WP_BEGIN(record, struct wp_kvm_exit, WP_EVENT_KVM_EXIT);

  record.data.ret = kvm_exit_reason(ctx);
  record.data.esr_ec = kvm_exit_class(ctx);
  need_vcpu_of_current(record.batch.cpu, record.event.tid);
  WP_EMIT(record);
  return 0;
}

WP_KVM_TRACEPOINT(kvm_exit)

// kvm_vcpu_wakeup(__u64 ns, bool waited, bool valid)
struct kvm_vcpu_wakeup_args {
  __u64 ns, waited, valid;
};

static __always_inline int on_kvm_vcpu_wakeup(const struct kvm_vcpu_wakeup_args* args) {
  WP_BEGIN(record, struct wp_kvm_vcpu_wakeup, WP_EVENT_KVM_VCPU_WAKEUP);

  record.data.wait_ns = args->ns;
  record.data.waited = (__u8)args->waited;
  record.data.valid = (__u8)args->valid;
  __builtin_memset(record.data.reserved, 0, sizeof(record.data.reserved));
  need_vcpu_of_current(record.batch.cpu, record.event.tid);
  counters_of(record.batch.cpu)->entry_wanted = 1;
  WP_EMIT(record);
  return 0;
}

WP_KVM_TRACEPOINT(kvm_vcpu_wakeup)

// arm64: kvm_timer_update_irq(unsigned long vcpu_id, __u32 irq, int level)
struct kvm_timer_update_irq_args {
  __u64 vcpu_id, irq, level;
};

static __always_inline int on_kvm_timer_update_irq(const struct kvm_timer_update_irq_args* args) {
  __u64 link;

  if (!every_kvm_event && !(__u32)args->level) {
    return skip();
  }
  WP_BEGIN(record, struct wp_kvm_timer_update_irq, WP_EVENT_KVM_TIMER_UPDATE_IRQ);

  record.data.vcpu_id = (__u32)args->vcpu_id;
  record.data.irq = (__u32)args->irq;
  record.data.level = (__u32)args->level;
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

// kvm_userspace_exit(__u32 reason, int errno)
struct kvm_userspace_exit_args {
  __u64 reason, error;
};

static __always_inline int on_kvm_userspace_exit(const struct kvm_userspace_exit_args* args) {
  WP_BEGIN(record, struct wp_kvm_userspace_exit, WP_EVENT_KVM_USERSPACE_EXIT);

  record.data.reason = (__u32)args->reason;
  record.data.error = (__s32)args->error;
  need_vcpu_of_current(record.batch.cpu, record.event.tid);
  counters_of(record.batch.cpu)->named_tid = 0; /* the next KVM_RUN may be another vCPU's */
  WP_EMIT(record);
  return 0;
}

WP_KVM_TRACEPOINT(kvm_userspace_exit)

// The kick makes a vCPU look at what has become pending for it. A vCPU that polls is not woken, so
// no other event tells what ended its poll.
// void kvm_vcpu_kick(struct kvm_vcpu *vcpu)
// 6.17 on: void __kvm_vcpu_kick(struct kvm_vcpu *vcpu, bool wait)
SEC("?kprobe")
int kvm_vcpu_kick(unsigned long long* ctx) {
  WP_BEGIN(record, struct wp_vcpu_kick, WP_EVENT_VCPU_KICK);

  record.event.context = current_context(record.batch.cpu);
  record.data.vcpu = first_register_argument(ctx);
  WP_EMIT(record);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
