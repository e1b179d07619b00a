// SPDX-License-Identifier: GPL-2.0-or-later
#include "maps.bpf.h"

struct wp_event_chunks_map event_chunks_0 SEC(".maps");
struct wp_event_chunks_map event_chunks_1 SEC(".maps");
struct wp_event_chunks_map event_chunks_2 SEC(".maps");
struct wp_event_chunks_map event_chunks_3 SEC(".maps");
struct wp_event_chunks_map event_chunks_4 SEC(".maps");
struct wp_event_chunks_map event_chunks_5 SEC(".maps");
struct wp_event_chunks_map event_chunks_6 SEC(".maps");
struct wp_event_chunks_map event_chunks_7 SEC(".maps");
struct wp_side_rings_map side_rings SEC(".maps");
struct wp_vcpus_map vcpus SEC(".maps");

struct wp_cpu_counters counters[WP_MAX_CPUS];
__u64 known_functions[WP_KNOWN_NAMES];
__u64 known_actions[WP_KNOWN_NAMES];
__u64 preempt_counts[WP_MAX_CPUS];
volatile __u8 capturing;
volatile __u64 naming_round;
__u32 reader_tgid;

const volatile __u8 switch_state_arg = 0;
const volatile __u8 work_end_has_function = 0;
const volatile __u8 kvm_exit_has_reason = 0;
const volatile __u8 kvm_exit_has_class = 0;
const volatile __u8 kvm_entry_has_pc = 0;
const volatile __u8 every_kvm_event = 0;
const volatile __u8 user_exits_seen = 0;
const volatile __u32 cpus_possible = WP_MAX_CPUS;
const volatile __u32 ring_nodes = 1;
const volatile __s64 preempt_count_from_rq = 0;

// The kernel takes programs that use its GPL helpers only from a licence that says exactly this.
char LICENSE[] SEC("license") = "GPL";
