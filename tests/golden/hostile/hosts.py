#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Large hosts and long days: many threads, and VMs that come and go while their thread ids are used again. All that they
did is told, in bounded memory."""
import collections
import json
import os
import pathlib
import struct
import tempfile

from recording import EVENT, MEGA, SANITIZED, VCPU_SINCE, VM, batch, begin, crash_of, event, fact, main_of, recording, run, tick

ADDRESS_SPACE = 256 * MEGA
MILLI = 1_000_000
FIRST = 1_000_000_000
CPUS = 8
IRQ_ENTRY, IRQ_EXIT, EXPIRE_ENTRY, EXPIRE_EXIT = 1, 2, 10, 11
WAKING, WAKEUP, SWITCH, TASK_EXIT, KVM_ENTRY, VCPU_WAKEUP = 21, 22, 23, 25, 27, 29
LOADED = 1  # a vCPU inside KVM_RUN
MAKER = 5  # wakes all others


class Host:
    """Its events by CPU, with a tick and its counts after each `step`."""

    def __init__(self, facts=()):
        self.records = begin(CPUS) + [fact(EVENT, [1], [name]) for name in
                                      ("kvm_entry", "kvm_vcpu_wakeup", "sched_waking", "sched_switch")] + list(facts)
        self.written = collections.Counter()
        self.time = FIRST
        self.ticks = 0
        self.tick(flags=1 | 8)

    def tick(self, flags=8):
        self.ticks += 1
        totals = [(cpu, self.written[cpu] & 0xffffffff, self.written[cpu], 0, 0) for cpu in range(CPUS)]
        self.records.append(tick(self.time, totals, number=self.ticks, flags=flags))

    def step(self, by_cpu, facts=(), context=1):
        """`by_cpu`: CPU: [(offset, kind, tid, payload), ...]; `context`: 1 a task's, 5 an interrupt's"""
        self.records += facts
        for cpu, events in by_cpu.items():
            self.records.append(batch(cpu, [event(self.time + at, kind, tid, payload, context)
                                            for at, kind, tid, payload in events], number=self.written[cpu]))
            self.written[cpu] += len(events)
        self.time += MILLI
        self.tick()

    def whole(self):
        self.time += 100 * MILLI
        self.tick()
        self.tick(flags=4 | 8)
        return recording(self.records)


def switch(tid, state, flags, name=b"CPU 0/KVM"):
    """To `tid`, from a thread of `flags` that goes into `state`."""
    return struct.pack("<IIiBBBB16s", tid, state, 120, 0, flags if state else 0, 0 if state else flags, 0, name)


def wake(tid, at, ends=False):
    """A vCPU that sleeps is woken by another thread, runs, and sleeps again, or ends."""
    awake = struct.pack("<IIiI", tid, 0, 120, LOADED)
    return [(at, SWITCH, 0, switch(MAKER, 0, 0, b"maker")), (at + 1000, WAKING, MAKER, awake),
            (at + 1500, WAKEUP, MAKER, awake), (at + 2000, SWITCH, MAKER, switch(tid, 0, LOADED)),
            (at + 3000, VCPU_WAKEUP, tid, struct.pack("<QBB6x", 500, 1, 1)), (at + 4000, KVM_ENTRY, tid, bytes(8)),
            *([(at + 8000, TASK_EXIT, tid, struct.pack("<II", tid, tid))] if ends else []),
            (at + 9000, SWITCH, tid, switch(0, 0x10 if ends else 1, 0 if ends else LOADED, b"swapper"))]


def timer_wake(tid, begin, at, base_offset):
    """Its timer, due half a microsecond before, wakes it. `base_offset`: of the timer's clock at that time."""
    awake = struct.pack("<IIiI", tid, 0, 120, LOADED)
    action, timer, function = 0xffff000200000000, 0xffff000000000040, 0xffff000300000000
    return [(at, IRQ_ENTRY, 0, struct.pack("<IiQ", 13, 0, action)),
            (at + 200, EXPIRE_ENTRY, 0, struct.pack("<QQqq", timer, function, begin + at - 500 + base_offset, base_offset)),
            (at + 400, WAKING, 0, awake), (at + 700, WAKEUP, 0, awake),
            (at + 900, EXPIRE_EXIT, 0, struct.pack("<QQqq", timer, 0, 0, 0)),
            (at + 1000, IRQ_EXIT, 0, struct.pack("<IiQ", 13, 1, action)),
            (at + 2000, SWITCH, 0, switch(tid, 0, LOADED)),
            (at + 3000, VCPU_WAKEUP, tid, struct.pack("<QBB6x", 500, 1, 1)), (at + 4000, KVM_ENTRY, tid, bytes(8)),
            (at + 9000, SWITCH, tid, switch(0, 1, LOADED, b"swapper"))]


def vcpu(key, tid, since, name):
    return [fact(VM, [key, 100_000 + key], [name]),
            fact(VCPU_SINCE, [tid, key, 0xffff000000000000 + 4096 * key, since], ["CPU 0/KVM"])]


def short_lived(vms, wakes=3, tids=500):
    """One VM after the other, of the thread ids that those before it had."""
    host = Host()
    for key in range(1, vms + 1):
        tid = 1000 + key % tids
        cpu = key % CPUS
        events = [(0, SWITCH, 0, switch(tid, 0, LOADED)), (500, SWITCH, tid, switch(0, 1, LOADED, b"swapper"))]
        for number in range(wakes):
            events += wake(tid, 10_000 + 20_000 * number, ends=number == wakes - 1)
        host.step({cpu: events}, vcpu(key, tid, host.time, f"vm{key}"))
    return host.whole()


def many_threads(threads, rounds=4):
    """Each of them is woken and runs, in each round; one vCPU among them is woken in each step too."""
    host = Host(vcpu(1, 999, 0, "one"))
    host.step({0: [(0, SWITCH, 0, switch(999, 0, LOADED)), (500, SWITCH, 999, switch(0, 1, LOADED, b"swapper"))]})
    steps = 0
    for _ in range(rounds):
        for first in range(0, threads, 1000):
            by_cpu = {0: wake(999, 10_000)}
            for tid in range(first, first + 1000):
                cpu = 1 + tid % (CPUS - 1)
                at = 900 * (tid - first)
                by_cpu.setdefault(cpu, []).extend([
                    (at, WAKING, 0, struct.pack("<IIiI", 2000 + tid, cpu, 120, 0)),
                    (at + 200, SWITCH, 0, switch(2000 + tid, 0, 0, b"thread")),
                    (at + 400, SWITCH, 2000 + tid, switch(0, 1, 0, b"swapper"))])
            host.step(by_cpu)
            steps += 1
    return host.whole(), steps


def replayed(content, *options):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "host.wkp"
        path.write_bytes(content)
        outcome = run("replay", "--format", "ndjson", *options, str(path), address_space=ADDRESS_SPACE, cpu_seconds=60,
                      most_out=512 * MEGA)
    if os.environ.get("WAKEPATH_FIGURES"):
        print(f"  {len(content) / MEGA:5.1f} MiB: {outcome.rss_bytes / MEGA:5.0f} MiB {outcome.cpu_seconds:6.2f} s")
    return outcome


def lines_of(outcome, kind):
    return [line for line in map(json.loads, outcome.out.splitlines()) if line["type"] == kind]


def wrong_with(outcome, wakes, most_bytes):
    """What is wrong with it, or with how much it took; empty: nothing."""
    if crash_of(outcome) or outcome.code != 0:
        return f"{crash_of(outcome)} exit code {outcome.code}: {outcome.error[-300:]}"
    summary, = lines_of(outcome, "summary")
    # What the thread that wakes the very first one did before is not known.
    if (summary["wakes"], summary["complete"], summary["lost"]) != (wakes, wakes - 1, 0):
        return f"not {wakes} wakes, all but one whole: {str(summary)[:300]}"
    # That of this process, before it became wakepath, is in it.
    if outcome.rss_bytes > most_bytes and not SANITIZED:
        return f"it takes {outcome.rss_bytes // MEGA} MiB"
    return ""


def vms_come_and_go(vms=10_000):
    outcome = replayed(short_lived(vms))
    # Of each VM the results stay, and nothing else.
    if wrong := wrong_with(outcome, 3 * vms, 160 * MEGA):
        return wrong
    of = collections.Counter((line["vm"], line["vm_pid"]) for line in lines_of(outcome, "wake"))
    if of != {(f"vm{key}", 100_000 + key): 3 for key in range(1, vms + 1)}:
        return f"wakes are not whose they are: {of.most_common(5)}"
    return ""


def threads_come_and_stay(threads=20_000):
    content, steps = many_threads(threads)
    return wrong_with(replayed(content), steps, 160 * MEGA)


def clocks_step():
    """Somebody sets the host's clock, or it was suspended: timers of those clocks are due when they were, and each wake takes as
    long as the others. The events' own clock, CLOCK_MONOTONIC, knows neither."""
    day = 86_400 * FIRST
    host = Host(vcpu(1, 999, 0, "one"))
    host.step({0: [(0, SWITCH, 0, switch(999, 0, LOADED)), (500, SWITCH, 999, switch(0, 1, LOADED, b"swapper"))]})
    offsets = (0, 0, 3600 * FIRST, -day, 20_000 * day, 20_000 * day + 7)
    for offset in offsets:
        host.step({0: timer_wake(999, host.time, 10_000, offset)}, context=5)
    outcome = replayed(host.whole())
    if crash_of(outcome) or outcome.code != 0:
        return f"exit code {outcome.code}: {outcome.error[-300:]}"
    wakes = [(wake["total_ns"], wake["end_ns"] - wake["root"]["expiry_ns"], wake["complete"], wake["flags"])
             for wake in lines_of(outcome, "wake")]
    return "" if wakes == [(4500, 4500, True, [])] * len(offsets) else f"they differ: {wakes}"


if __name__ == "__main__":
    main_of({"vms_come_and_go": vms_come_and_go, "threads_come_and_stay": threads_come_and_stay,
             "clocks_step": clocks_step})
