# SPDX-License-Identifier: GPL-2.0-or-later
"""The fields of Perfetto's format that an export may have: github.com/google/perfetto v58.2, protos/perfetto/. A number that
stands here was read there, not in wakepath's source."""

# Wire types of protocol buffers.
VARINT, FIXED64, BYTES = 0, 1, 2
RAW = "bytes"  # no text

# message: (file, {number: (name, wire type, message of it or None)})
MESSAGES = {
    "Trace": ("trace/trace.proto", {1: ("packet", BYTES, "TracePacket")}),
    "TracePacket": ("trace/trace_packet.proto", {
        1: ("ftrace_events", BYTES, "FtraceEventBundle"), 6: ("clock_snapshot", BYTES, "ClockSnapshot"),
        8: ("timestamp", VARINT, None), 10: ("trusted_packet_sequence_id", VARINT, None),
        11: ("track_event", BYTES, "TrackEvent"), 12: ("interned_data", BYTES, "InternedData"),
        13: ("sequence_flags", VARINT, None), 45: ("system_info", BYTES, "SystemInfo"), 50: ("compressed_packets", BYTES, RAW),
        59: ("trace_packet_defaults", BYTES, "TracePacketDefaults"), 60: ("track_descriptor", BYTES, "TrackDescriptor"),
        126: ("trace_attributes", BYTES, "TraceAttributes")}),
    "TracePacketDefaults": ("trace/trace_packet_defaults.proto", {58: ("timestamp_clock_id", VARINT, None)}),
    "ClockSnapshot": ("trace/clock_snapshot.proto", {
        1: ("clocks", BYTES, "Clock"), 2: ("primary_trace_clock", VARINT, None)}),
    "Clock": ("trace/clock_snapshot.proto", {1: ("clock_id", VARINT, None), 2: ("timestamp", VARINT, None)}),
    "SystemInfo": ("common/system_info.proto", {1: ("utsname", BYTES, "Utsname"), 8: ("num_cpus", VARINT, None)}),
    "Utsname": ("common/system_info.proto", {
        1: ("sysname", BYTES, None), 3: ("release", BYTES, None), 4: ("machine", BYTES, None)}),
    "TraceAttributes": ("common/trace_attributes.proto", {1: ("attribute", BYTES, "Attribute")}),
    "Attribute": ("common/trace_attributes.proto", {1: ("key", BYTES, None), 3: ("string_value", BYTES, None)}),
    "InternedData": ("trace/interned_data/interned_data.proto", {
        2: ("event_names", BYTES, "Interned"), 3: ("debug_annotation_names", BYTES, "Interned"),
        26: ("kernel_symbols", BYTES, "Interned"), 29: ("debug_annotation_string_values", BYTES, "Interned")}),
    # EventName, DebugAnnotationName (trace/track_event), InternedString (trace/profiling/profile_common.proto)
    "Interned": ("trace/track_event/track_event.proto", {1: ("iid", VARINT, None), 2: ("name", BYTES, None)}),
    "TrackDescriptor": ("trace/track_event/track_descriptor.proto", {
        1: ("uuid", VARINT, None), 2: ("name", BYTES, None), 3: ("process", BYTES, "ProcessDescriptor"),
        4: ("thread", BYTES, "ThreadDescriptor"), 5: ("parent_uuid", VARINT, None),
        8: ("counter", BYTES, "CounterDescriptor"), 12: ("sibling_order_rank", VARINT, None),
        19: ("process_ordering", VARINT, None)}),
    "ProcessDescriptor": ("trace/track_event/process_descriptor.proto", {
        1: ("pid", VARINT, None), 6: ("process_name", BYTES, None)}),
    "ThreadDescriptor": ("trace/track_event/thread_descriptor.proto", {
        1: ("pid", VARINT, None), 2: ("tid", VARINT, None), 5: ("thread_name", BYTES, None)}),
    "CounterDescriptor": ("trace/track_event/counter_descriptor.proto", {3: ("unit", VARINT, None)}),
    "TrackEvent": ("trace/track_event/track_event.proto", {
        4: ("debug_annotations", BYTES, "DebugAnnotation"), 9: ("type", VARINT, None), 10: ("name_iid", VARINT, None),
        11: ("track_uuid", VARINT, None), 30: ("counter_value", VARINT, None), 47: ("flow_ids", FIXED64, None),
        48: ("terminating_flow_ids", FIXED64, None), 52: ("correlation_id", VARINT, None)}),
    "DebugAnnotation": ("trace/track_event/debug_annotation.proto", {
        1: ("name_iid", VARINT, None), 2: ("bool_value", VARINT, None), 3: ("uint_value", VARINT, None),
        11: ("dict_entries", BYTES, "DebugAnnotation"), 17: ("string_value_iid", VARINT, None)}),
    "FtraceEventBundle": ("trace/ftrace/ftrace_event_bundle.proto", {
        1: ("cpu", VARINT, None), 2: ("event", BYTES, "FtraceEvent")}),
    "FtraceEvent": ("trace/ftrace/ftrace_event.proto", {
        1: ("timestamp", VARINT, None), 2: ("pid", VARINT, None),
        **{number: (name, BYTES, name) for number, name in {
            4: "sched_switch", 13: "cpu_idle", 17: "sched_wakeup", 20: "sched_waking", 21: "ipi_entry", 22: "ipi_exit",
            24: "softirq_entry", 25: "softirq_exit", 26: "softirq_raise", 36: "irq_handler_entry", 37: "irq_handler_exit",
            57: "workqueue_execute_end", 58: "workqueue_execute_start", 59: "workqueue_queue_work", 236: "task_rename",
            238: "sched_process_exit", 376: "kvm_entry", 377: "kvm_exit", 396: "kvm_timer_update_irq",
            399: "kvm_userspace_exit", 400: "kvm_vcpu_wakeup", 491: "sched_migrate_task", 551: "hrtimer_start",
            553: "hrtimer_expire_entry", 554: "hrtimer_expire_exit", 559: "local_timer_entry",
            560: "local_timer_exit"}.items()}}),
}

# Values of sched_switch.prev_state that trace_processor reads as one state, and preemption (v58.2, src/trace_processor/types/
# task_state.cc), by the letters of fs/proc/array.c: of kernels from 4.14 on, and of 4.4, which it takes where it knows no release.
STATES = {"R": 0, "S": 1, "D": 2, "T": 4, "t": 8, "X": 0x10, "Z": 0x20, "P": 0x40, "I": 0x80, "R+": 0x100}
STATES_4_4 = {**STATES, "P": 0x200, "I": 0x402, "R+": 0x800}

# Events: file below trace/ftrace/, and the wire types of fields 1, 2, ... ("-": no such field is written).
EVENTS = {
    "sched_switch": ("sched.proto", "bvvvbvv", "prev_comm prev_pid prev_prio prev_state next_comm next_pid next_prio"),
    "sched_waking": ("sched.proto", "bvvvv", "comm pid prio success target_cpu"),
    "sched_wakeup": ("sched.proto", "bvvvv", "comm pid prio success target_cpu"),
    "sched_migrate_task": ("sched.proto", "bv--v", "comm pid prio orig_cpu dest_cpu"),
    "sched_process_exit": ("sched.proto", "bvv", "comm pid tgid"),
    "task_rename": ("task.proto", "vbb", "pid oldcomm newcomm"),
    "cpu_idle": ("power.proto", "vv", "state cpu_id"),
    "ipi_entry": ("ipi.proto", "b", "reason"),
    "ipi_exit": ("ipi.proto", "b", "reason"),
    "softirq_entry": ("irq.proto", "v", "vec"),
    "softirq_exit": ("irq.proto", "v", "vec"),
    "softirq_raise": ("irq.proto", "v", "vec"),
    "irq_handler_entry": ("irq.proto", "vb", "irq name"),
    "irq_handler_exit": ("irq.proto", "vv", "irq ret"),
    "local_timer_entry": ("irq_vectors.proto", "v", "vector"),
    "local_timer_exit": ("irq_vectors.proto", "v", "vector"),
    "workqueue_queue_work": ("workqueue.proto", "vv-v", "work function - req_cpu"),
    "workqueue_execute_start": ("workqueue.proto", "vv", "work function"),
    "workqueue_execute_end": ("workqueue.proto", "vv", "work function"),
    "hrtimer_start": ("timer.proto", "vv-v", "hrtimer function expires softexpires"),
    "hrtimer_expire_entry": ("timer.proto", "v-v", "hrtimer now function"),
    "hrtimer_expire_exit": ("timer.proto", "v", "hrtimer"),
    "kvm_entry": ("kvm.proto", "v", "vcpu_pc"),
    "kvm_exit": ("kvm.proto", "vv", "esr_ec ret"),
    "kvm_timer_update_irq": ("kvm.proto", "vvv", "irq level vcpu_id"),
    "kvm_userspace_exit": ("kvm.proto", "v", "reason"),
    "kvm_vcpu_wakeup": ("kvm.proto", "vvv", "ns valid waited"),
}
for event, (file, wires, names) in EVENTS.items():
    MESSAGES[event] = (f"trace/ftrace/{file}", {
        number: (name, BYTES if wire == "b" else VARINT, None)
        for number, (wire, name) in enumerate(zip(wires, names.split()), 1) if wire != "-"})
