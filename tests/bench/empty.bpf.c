// SPDX-License-Identifier: GPL-2.0-or-later
// The floor: for each event that a capture can take a program that does nothing, under the name
// that wakepath's own has.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define EMPTY_tracepoint(name) \
  SEC("?tp_btf/" #name)        \
  int name(void* ctx) { return 0; }

// KVM may be a module.
#define EMPTY_kvm_tracepoint(name) \
  EMPTY_tracepoint(name) SEC("?raw_tp/" #name) int raw_##name(void* ctx) { return 0; }

#define EMPTY_function(name) \
  SEC("?kprobe")             \
  int name(void* ctx) { return 0; }

#define EMPTY_naming(name)
#define EMPTY_retired(name)

#define WP_EVENT(type, number, kind, name, ...) EMPTY_##type(name)
#include "wakepath/events.def"

char LICENSE[] SEC("license") = "GPL";
