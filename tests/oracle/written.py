# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces that a person writes, in the text that ftrace makes of them."""

import ftrace
from wakes import Wakes

# 1 us of rounding and twice the two tracers' cost, as measured on 6.1.
SLACK_NS = 3700


def lines_of(rows):
    """(us, cpu, 'comm-tid', flags, event and its text) each."""
    head = [f"# entries-in-buffer/entries-written: {len(rows)}/{len(rows)}   #P:2"]
    for us, cpu, task, flags, text in rows:
        comm, _, tid = task.rpartition("-")
        head.append(f"{comm:>16}-{tid:<7} [{cpu:03d}] {flags} {us // 10**6:5d}.{us % 10**6:06d}: {text}")
    return head


def wakes_of(*rows):
    return Wakes(ftrace.read_trace(lines_of(rows))).read()


def waking(comm, pid, cpu=0):
    return f"sched_waking: comm={comm} pid={pid} prio=120 target_cpu={cpu:03d}"


def wakeup(comm, pid, cpu=0):
    return f"sched_wakeup: comm={comm} pid={pid} prio=120 target_cpu={cpu:03d}"


def switch(prev, prev_pid, state, following, next_pid):
    return (f"sched_switch: prev_comm={prev} prev_pid={prev_pid} prev_prio=120 prev_state={state} ==> "
            f"next_comm={following} next_pid={next_pid} next_prio=120")


VCPU, IDLE = "CPU 0/KVM-96", "<idle>-0"
ENTRY = "kvm_entry: PC: 0x40000084"
SLEEP = [
    (100, 1, VCPU, "d....", ENTRY),
    (200, 1, VCPU, ".....", "kvm_wfx_arm64: guest executed wfi at: 0x40000084"),
    (210, 1, VCPU, "d....", switch("CPU 0/KVM", 96, "S", "swapper/1", 0)),
]
RUN = [
    (1010, 1, IDLE, "d....", switch("swapper/1", 0, "R", "CPU 0/KVM", 96)),
    (1015, 1, VCPU, ".....", "kvm_vcpu_wakeup: wait time 800000 ns, polling valid"),
    (1020, 1, VCPU, "d....", ENTRY),
]
EARLY = (
    *SLEEP[:2],
    (205, 0, "dev-7", "d....", waking("CPU 0/KVM", 96, 1)), (206, 0, "dev-7", "d....", wakeup("CPU 0/KVM", 96, 1)),
    (220, 1, VCPU, ".....", "kvm_vcpu_wakeup: wait time 12000 ns, polling valid"), (230, 1, VCPU, "d....", ENTRY))
