// SPDX-License-Identifier: GPL-2.0-or-later
// Interrupts: device and per-CPU IRQs, x86's local timer vector, IPIs, and the CPU's idle states.
#include "identity.bpf.h"

// An action may be freed and another get its address: number and name tell them apart.
static __always_inline __u32 action_key(__u32 irq, const char* name) {
  return low_half((__u64)name) ^ irq << 24;
}

static __noinline int name_action(struct irqaction* action, __u32 irq) {
  const char* name = action->name;
  WP_BEGIN(record, struct wp_irq_name, WP_EVENT_IRQ_NAME);

  record.data.action = (__u64)action;
  record.data.irq = irq;
  record.data.reserved = 0;
  __builtin_memset(record.data.name, 0, sizeof(record.data.name));
  bpf_probe_read_kernel_str(record.data.name, sizeof(record.data.name), name);
  if (emit_name(&record.batch, sizeof(record)) == 0) {
    make_known(known_actions, action_key(irq, name), (__u64)action);
  }
  return 0;
}

// irq_handler_entry(int irq, struct irqaction *action)
SEC("?tp_btf/irq_handler_entry")
int BPF_PROG(irq_handler_entry, __u32 irq, struct irqaction* action) {
  WP_BEGIN(record, struct wp_irq, WP_EVENT_IRQ_ENTRY);

  record.data.irq = irq;
  record.data.ret = 0;
  record.data.action = (__u64)action;
  if (!is_known(known_actions, action_key(irq, action->name), (__u64)action)) {
    name_action(action, irq);
  }
  WP_EMIT(record);
  return 0;
}

// irq_handler_exit(int irq, struct irqaction *action, int ret)
SEC("?tp_btf/irq_handler_exit")
int BPF_PROG(irq_handler_exit, __u32 irq, struct irqaction* action, __s32 ret) {
  WP_BEGIN(record, struct wp_irq, WP_EVENT_IRQ_EXIT);

  record.data.irq = irq;
  record.data.ret = ret;
  record.data.action = (__u64)action;
  WP_EMIT(record);
  return 0;
}

static __always_inline int emit_vector(__u8 kind, __u32 vector) {
  WP_BEGIN(record, struct wp_vector, kind);

  record.data.vector = vector;
  record.data.reserved = 0;
  WP_EMIT(record);
  return 0;
}

// x86: local_timer_entry(int vector)
SEC("?tp_btf/local_timer_entry")
int BPF_PROG(local_timer_entry, __u32 vector) { return emit_vector(WP_EVENT_VECTOR_ENTRY, vector); }

// x86: local_timer_exit(int vector)
SEC("?tp_btf/local_timer_exit")
int BPF_PROG(local_timer_exit, __u32 vector) { return emit_vector(WP_EVENT_VECTOR_EXIT, vector); }

#define FIRST_8(a, b, c, d, e, f, g, h)                                                    \
  ((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 | \
   (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

// arch/arm64/kernel/smp.c, ipi_types[]: the tracepoints carry the text.
static __always_inline __u32 ipi_reason(const char* text) {
  __u64 first = 0;

  bpf_probe_read_kernel(&first, sizeof(first), text);
  switch (first) {
    case FIRST_8('R', 'e', 's', 'c', 'h', 'e', 'd', 'u'):
      return WP_IPI_RESCHEDULE;
    case FIRST_8('F', 'u', 'n', 'c', 't', 'i', 'o', 'n'):
      return WP_IPI_CALL_FUNCTION;
    case FIRST_8('I', 'R', 'Q', ' ', 'w', 'o', 'r', 'k'):
      return WP_IPI_IRQ_WORK;
    case FIRST_8('T', 'i', 'm', 'e', 'r', ' ', 'b', 'r'):
      return WP_IPI_TIMER_BROADCAST;
    default:
      return WP_IPI_OTHER;
  }
}

static __always_inline int emit_ipi(__u8 kind, const char* text) {
  WP_BEGIN(record, struct wp_ipi, kind);

  record.data.reason = text ? ipi_reason(text) : WP_IPI_OTHER;
  record.data.cpu = 0;
  WP_EMIT(record);
  return 0;
}

// arm64: ipi_entry(const char *reason)
SEC("?tp_btf/ipi_entry")
int BPF_PROG(ipi_entry, const char* reason) { return emit_ipi(WP_EVENT_IPI_ENTRY, reason); }

// arm64: ipi_exit(const char *reason)
SEC("?tp_btf/ipi_exit")
int BPF_PROG(ipi_exit, const char* reason) { return emit_ipi(WP_EVENT_IPI_EXIT, reason); }

// cpu_idle(unsigned int state, unsigned int cpu_id)
SEC("?tp_btf/cpu_idle")
int BPF_PROG(cpu_idle, __u32 state) {
  WP_BEGIN(record, struct wp_cpu_idle, WP_EVENT_CPU_IDLE);

  record.data.state = state;
  record.data.reserved = 0;
  WP_EMIT(record);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";
