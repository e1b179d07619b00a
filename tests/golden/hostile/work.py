#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings and traces whose events are harmless one by one, and ask for much work together: thousands of culprits in
a wake, of vCPUs at a loss, of groups in an interval. Each must end within the time of any input of its size."""
import struct
import tempfile

from recording import EVENT, SYMBOL, VCPU_SINCE, VM, batch, begin, fact, main_of, recording, tick
from rows import Failure, SECOND, judged, row

TRIGGER = 16
EVENTS = [fact(EVENT, [1], [name]) for name in ("sched_waking", "sched_switch", "kvm_entry", "kvm_exit",
                                                "kvm_vcpu_wakeup", "local_timer_entry")]
ACTION, FUNCTION = 0xaa, 0x1000


def event(time_ns, kind, tid=0, payload=b"", context=0):
    return struct.pack("<QBBHI", time_ns, kind, context, 16 + len(payload), tid) + payload


def waking(time_ns, tid):
    return event(time_ns, 21, 0, struct.pack("<IIiI", tid, 0, 120, 1), 5)


def switch(time_ns, before, after, comm=b""):
    state, flags = (1, 1) if before else (0, 0)
    return event(time_ns, 23, before, struct.pack("<IIiBBBB", after, state, 120, 0, flags, int(after != 0), 0)
                 + comm.ljust(16, b"\0"))


def timer(time_ns, expiry_ns, *then):
    return [event(time_ns, 3, 0, struct.pack("<II", 236, 0)),
            event(time_ns + 1, 10, 0, struct.pack("<QQqq", ACTION, FUNCTION, expiry_ns, 0)), *then,
            event(time_ns + 3, 11, 0, struct.pack("<QQqq", ACTION, 0, 0, 0)),
            event(time_ns + 4, 4, 0, struct.pack("<II", 236, 0))]


def wake(time_ns, tid, expiry_ns=None):
    return [*timer(time_ns, expiry_ns or time_ns, waking(time_ns + 2, tid)), switch(time_ns + 5, 0, tid, b"CPU"),
            event(time_ns + 6, 27, tid, struct.pack("<Q", 0)), switch(time_ns + 7, tid, 0)]


def batches(cpu, events):
    return [batch(cpu, events[at:at + 1000]) for at in range(0, len(events), 1000)]


def guests(vcpus, vm="vm", function="hrtimer_wakeup"):
    return [*begin(2), *EVENTS, fact(SYMBOL, [FUNCTION], [function]), fact(VM, [1, 10, 0], [vm]),
            *(fact(VCPU_SINCE, [100 + index | index << 32, 1 | 1 << 32, 0, 0], ["CPU"]) for index in range(vcpus)),
            tick(1000)]


def each_behind_all_before():
    count, cpu = 2200, []
    together = timer(SECOND, SECOND, *(waking(SECOND + 2, 100 + index) for index in range(count)))
    for index in range(count):
        time_ns = SECOND + 10 + 1000 * index
        cpu += [switch(time_ns, 99 + index if index else 0, 100 + index, b"CPU"),
                event(time_ns + 100, 27, 100 + index, struct.pack("<Q", 0))]
    return recording([*guests(count), *batches(1, together), *batches(0, cpu), tick(2 * SECOND)])


def all_due_at_the_begin():
    events = [one for at in range(60_000) for one in wake(SECOND + 1000 + 100 * at, 100, SECOND)]
    return recording([*guests(1), *batches(0, events), tick(3 * SECOND)])


def long_function():
    events = [one for at in range(20_000) for one in wake(SECOND + 1000 * at, 100)]
    return recording([*guests(1, function="f" * 60_000), *batches(0, events), tick(3 * SECOND)])


def quiet_intervals():
    events = [one for at in range(20_000) for one in wake(SECOND + 1000 * at, 100 + at)]
    return recording([*guests(20_000), *batches(0, events), *(tick(at * SECOND) for at in range(2, 20_000))])


def a_loss_each_microsecond():
    count = 30_000
    entries = [event(SECOND + at, 27, 100 + at, struct.pack("<Q", 0)) for at in range(count)]
    losses = [tick(2 * SECOND + 1000 * at, [(1, 0, 0, at, 0)]) for at in range(count)]
    return recording([*guests(count), *batches(0, entries), *losses])


def slow_patterns():
    condition = f"vm == *{'a' * 127}b and total > 1ns"
    events = [one for at in range(2000) for one in wake(SECOND + 1000 * at, 100)]
    return recording([*guests(1, vm="a" * 255), fact(TRIGGER, [1, 1], [condition] * 400), *batches(0, events),
                      tick(3 * SECOND)])


def text_with(line):
    """ftrace's text, its numbers at multiples of what hash tables of so many entries have as their size."""
    def test():
        lines = ["# tracer: nop\n"]
        for at in range(140_000):
            number = at % 80_000 if at < 80_000 else at % 50
            lines.append(f"          <idle>-0       [000] d.h1. 100.{at:06}: {line(number + 1)}\n")
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("".join(lines))
            file.flush()
            try:
                judged("replay", file.name)
            except Failure as failure:
                return str(failure)
        return ""
    return test


def armed(number):
    return f"hrtimer_start: hrtimer={number * 85229:016x} function=f expires=1 softexpires=1 mode=ABS"


def woken(number):
    return f"sched_waking: comm=a pid={number * 85229 % (1 << 31)} prio=120 target_cpu=000"


TESTS = {
    "each_behind_all_before": row(each_behind_all_before, (["replay", "FILE"], "2200 wakes")),
    "all_due_at_the_begin": row(all_due_at_the_begin, (["replay", "FILE"], "60000 wakes")),
    "long_function": row(long_function, (["replay", "FILE"], "20000 wakes"),
                         (["export", "FILE", "--format", "folded", "-o", "-"], "")),
    "quiet_intervals": row(quiet_intervals, (["replay", "--interval", "1s", "FILE"], "20000 wakes")),
    "a_loss_each_microsecond": row(a_loss_each_microsecond, (["export", "FILE", "--format", "perfetto", "-o", "/dev/null",
                                                              "--force"], "")),
    "slow_patterns": row(slow_patterns, (["replay", "--breach", "FILE"], "")),
    "timers_of_one_chain": text_with(armed),
    "threads_of_one_chain": text_with(woken),
}

if __name__ == "__main__":
    main_of(TESTS)
