#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Small recordings that ask for much: each must end within its memory and its time, and say what it left out."""
import os
import pathlib
import re
import struct
import tempfile

from recording import (CAPTURE, EVENT, HOST_FILE, MEGA, SANITIZED, SYMBOL, VCPU_SINCE, VM, IRQ, batch, begin, crash_of,
                       event, fact, main_of, recording, run, tick)

ADDRESS_SPACE = 400 * MEGA
CPU_SECONDS = 20  # twice what any may take: on a busy machine each second does less
SECOND = 1_000_000_000
PLAIN = event(5000, 21, 1 << 20)  # the least that is an event


class Failure(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failure(what)


def judged(*arguments, says="", codes=(0, 1, 5), **limits):
    """Runs it, holds it to the limits; `says` is a pattern for all that it prints."""
    limits = {"address_space": ADDRESS_SPACE, "cpu_seconds": CPU_SECONDS, **limits}
    outcome = run(*arguments, **limits)
    printed = outcome.out + outcome.error
    check(not crash_of(outcome), f"{crash_of(outcome)}: {outcome.error[-600:]}")
    check(outcome.code in codes, f"exit code {outcome.code}: {outcome.error[-600:]}")
    check(not re.search(r"\((sizes differ|checksum|header|length)\)", printed), f"the test wrote no recording: {printed}")
    check(re.search(says, printed), f"it does not say {says!r}: {printed[-1000:]}")
    if os.environ.get("WAKEPATH_FIGURES"):
        print(f"  {outcome.rss_bytes // MEGA:5} MiB {outcome.cpu_seconds:6.2f} s  exit {outcome.code}")
    return outcome


def row(make, *checks):
    """A test: writes what `make` gives, and runs each (command, says, options)."""
    def test():
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "hostile.wkp"
            path.write_bytes(make())
            try:
                for arguments, says in checks:
                    judged(*(str(path) if one == "FILE" else one for one in arguments), says=says)
            except Failure as failure:
                return str(failure)
        return ""
    return test


REPLAY = (["replay", "FILE"], "")
INFO = (["info", "FILE"], "")
AUDIT = (["audit", "FILE"], "")


def small_memory(says=""):
    return (["replay", "--memory", "128M", "FILE"], says)


def events_without_tick(events=31_000_000):
    full = batch(0, [PLAIN] * 4000)
    return recording(begin() + [full] * (events // 4000), 16 * MEGA - 65536)


def ticks_that_never_mature(ticks=15_000):
    full = tick(1000, [(cpu, 0, 10, 0, 0) for cpu in range(2040)])
    return recording(begin(2040) + [full] * ticks, 16 * MEGA - 65536)


def strays(events=1_000_000):
    """Each event is older than the one before it."""
    records = begin()
    for first in range(events, 0, -2000):
        records.append(batch(0, [event(10_000 + first - i, 21, 1) for i in range(2000)]))
    return recording(records)


def one_cpu_at_a_time(cpus=512):
    """A queue that was long once keeps no memory, on however many CPUs."""
    records = begin(cpus)
    for cpu in range(cpus):
        records += [batch(cpu, [event(1000 + cpu, 21, 1)] * 4000)] * 2 + [tick(2000 + cpu, [(cpu, 0, 0, 0, 0)])]
    return recording(records)


def holes(batches=400_000):
    return recording(begin() + [batch(0, [event(1000, 21, 1)], number=2 * i) for i in range(batches)])


def future_on_each_cpu(ticks=200_000, cpus=4096):
    records = begin(cpus) + [batch(cpu, [event(3600 * SECOND, 21, 1)]) for cpu in range(cpus)]
    return recording(records + [tick(SECOND + i) for i in range(ticks)])


def missed_on_each_cpu(ticks=200_000, cpus=4096):
    """A loss of which the CPU is not known, again and again."""
    records = begin(cpus) + [batch(cpu, [event(1000, 21, 1)]) for cpu in range(cpus)]
    return recording(records + [tick(SECOND + i * 1000, missed=i) for i in range(ticks)])


def failed_on_one_cpu(ticks=200_000):
    return recording(begin() + [tick(SECOND + i, [(1, 0, 0, i, 0)]) for i in range(ticks)])


def ticks_of_all_cpus(ticks=60, cpus=2040):
    """Few ticks, each lists every CPU; then many that list none."""
    every = [tick(SECOND + i, [(cpu, 0, 0, 0, 0) for cpu in range(cpus)]) for i in range(ticks)]
    return recording(begin(4096) + every + [tick(2 * SECOND + i) for i in range(300_000)])


def vcpus(count, state):
    return [fact(VM, [1, 10], ["vm"])] + [
        fact(VCPU_SINCE, [tid | (tid & 0xff) << 32, 1 | state << 32, 0, 0], ["CPU"]) for tid in range(10, 10 + count)]


def quiet(state):
    return lambda: recording(begin() + vcpus(20_000, state) + [tick((i + 1) * SECOND) for i in range(20_000)])


def open_wakes(count=20_000, ticks=100_000):
    """vCPUs that are woken and never run, then time that passes."""
    waking = [event(SECOND, 21, 0, struct.pack("<IIiI", tid, 0, 120, 1)) for tid in range(10, 10 + count)]
    records = begin() + vcpus(count, 0) + [tick(1000)]
    records += [batch(0, waking[i:i + 1000]) for i in range(0, count, 1000)]
    return recording(records + [tick(2 * SECOND + i * 1000) for i in range(ticks)])


def signals(count=20_000, sent=20_000):
    waking = [event(SECOND, 21, 7, struct.pack("<IIiI", tid, 0, 120, 1)) for tid in range(10, 10 + count)]
    sends = [event(SECOND + 1, 37, 7, struct.pack("<IIII", 9, 10, 10, 1))] * sent
    records = begin() + vcpus(count, 0) + [tick(1000)]
    for events in (waking, sends):
        records += [batch(0, events[i:i + 1000]) for i in range(0, len(events), 1000)]
    return recording(records + [tick(2 * SECOND)])


def nested_interrupts(count=400_000):
    entries = [event(1000 + i, 1, 1, struct.pack("<IiQ", i, 0, i)) for i in range(count)]
    exits = [event(1000 + count + i, 2, 1, struct.pack("<IiQ", count + i, 0, 0)) for i in range(count)]
    records = begin()
    for events in (entries, exits):
        records += [batch(0, events[i:i + 1000]) for i in range(0, len(events), 1000)]
    return recording(records + [tick(2 * SECOND)])


def names(kind, count=100_000):
    return lambda: recording(begin() + [fact(kind, [i + 1, i, i], [f"e{i:06x}"]) for i in range(count)] + [tick(SECOND)])


def long_vm_name(count=50_000):
    facts = [fact(VM, [1, 10], ["x" * 4000])] + vcpus(count, 2)[1:]
    return recording(begin() + facts + [tick(SECOND), tick(3 * SECOND)])


def host_files(name, count=20_000, content=b"x"):
    return lambda: recording(begin() + [
        fact(HOST_FILE, [1, 0o644, 0, 1], [name(i), content]) for i in range(count)], 16 * MEGA)


def tree_bomb():
    pieces = [bytes(4096)] * 14
    files = [fact(HOST_FILE, [1, 0o644, i, 4000], ["proc/f0", *pieces]) for i in range(280)]
    return recording(begin() + files + [batch(0, [PLAIN] * 4000)] * 4000, 16 * MEGA - 65536)


def late_in_time(value):
    return lambda: recording(begin(2) + [tick(SECOND, number=1), tick(value, number=2),
                                         tick(value + SECOND, number=3, flags=4)])


def late_event():
    return recording(begin(2) + [tick(SECOND), batch(0, [event(1 << 63, 21, 1), event(2 * SECOND, 21, 1)]),
                                 tick(3 * SECOND, [(0, 0, 2, 0, 0)])])


def huge_losses():
    """Two of them must not add up to none."""
    return recording(begin(4) + [tick(SECOND), tick(2 * SECOND, [(0, 0, 0, 1 << 63, 0), (1, 0, 0, 1 << 63, 0)],
                                                  missed=1 << 63)])


def long_hold_back():
    return recording([fact(CAPTURE, [MEGA, 1, (1 << 64) - 1])] + begin() + [tick((1 << 62) - 1)])


def deep(i):
    return "proc/" + "a/" * 500 + f"f{i}"


def facts_and_far_ticks(count=14_000, ticks=20_000):
    """A copy must not repeat the facts for each 16 s."""
    return recording(begin() + vcpus(count, 1) + [tick(SECOND * (1 + i)) for i in range(ticks)])


def small_copy():
    with tempfile.TemporaryDirectory() as folder:
        path, copy = pathlib.Path(folder) / "hostile.wkp", pathlib.Path(folder) / "copy.wkp"
        path.write_bytes(facts_and_far_ticks())
        try:
            judged("anonymize", str(path), "-o", str(copy), codes=(0,))
        except Failure as failure:
            return str(failure)
        if copy.stat().st_size > 16 * path.stat().st_size:
            return f"{path.stat().st_size} bytes became {copy.stat().st_size}"
    return ""


def graph_threads(cpus=4096, threads=1000):
    """Text of function_graph: each CPU has threads of its own, then ever new ones come."""
    tids = [(cpu, base + cpu) for base in (100_000, 200_000) for cpu in range(cpus)]
    tids += [(7, 300_000 + i) for i in range(threads)]
    head = "# tracer: function_graph\n#\n#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS\n"
    head += "#      |          |     |    |           |   |                     |   |   |   |\n"
    return (head + "".join(f"{12 + i // 1_000_000:4}.{i % 1_000_000:06} | {cpu:3})  t-{tid}   |   0.100 us    |  update_vsyscall();\n"
                           for i, (cpu, tid) in enumerate(tids))).encode()


TESTS = {
    "small_copy": small_copy,
    "graph_threads": row(graph_threads, REPLAY),
    "events_without_tick": row(events_without_tick, (["replay", "FILE"], "unpacks to more than 64 times"), AUDIT, INFO),
    "events_without_tick_small": row(lambda: events_without_tick(3_000_000), small_memory("too many events waited"),
                                     (["audit", "--memory", "128M", "FILE"], "too many events waited")),
    "ticks_that_never_mature": row(ticks_that_never_mature, (["replay", "FILE"], "unpacks to more than 64 times")),
    "ticks_that_never_mature_small": row(lambda: ticks_that_never_mature(900), small_memory("too many events waited")),
    "strays": row(strays, REPLAY, small_memory("too many events waited")),
    "one_cpu_at_a_time": row(one_cpu_at_a_time, REPLAY, (["replay", "--memory", "64M", "FILE"], "")),
    "holes": row(holes, REPLAY, small_memory("too many events waited")),
    "future_on_each_cpu": row(future_on_each_cpu, REPLAY),
    "missed_on_each_cpu": row(missed_on_each_cpu, REPLAY, AUDIT),
    "failed_on_one_cpu": row(failed_on_one_cpu, (["replay", "--fail-on", "lost > 0", "FILE"], "lost"), AUDIT),
    "ticks_of_all_cpus": row(ticks_of_all_cpus, REPLAY),
    "quiet": row(quiet(0), REPLAY),
    "quiet_on_cpu": row(quiet(2), REPLAY),
    "quiet_waiting": row(quiet(4), (["replay", "--format", "ndjson", "FILE"], "")),
    "open_wakes": row(open_wakes, REPLAY),
    "signals": row(signals, REPLAY),
    "nested_interrupts": row(nested_interrupts, REPLAY, AUDIT),
    "event_names": row(names(EVENT), (["replay", "FILE"], "facts were left out"), INFO),
    "vm_names": row(names(VM), REPLAY, INFO),
    "irq_names": row(names(IRQ), REPLAY, INFO),
    "symbol_names": row(names(SYMBOL, 300_000), REPLAY, INFO),
    "long_vm_name": row(long_vm_name, REPLAY, INFO),
    "tree_bomb": row(tree_bomb, (["audit", "FILE"], "unpacks to more than 64 times")),
    "deep": row(host_files(deep), (["audit", "FILE"], "20000 of its host's settings are unsound")),
    "deep_enough": row(host_files(lambda i: "proc/" + f"{i}/" * 30 + "f"), (["audit", "FILE"], "are unsound")),
    "wide": row(host_files(lambda i: f"proc/{i}/f", 40_000), AUDIT),
    "no_content": row(host_files(lambda i: f"proc/{i}", 250_000, b""), (["audit", "FILE"], "are unsound")),
    "tick_beyond_all_time": row(late_in_time(1 << 63), (["replay", "FILE"], "2 records could not be read")),
    "tick_at_the_end_of_time": row(late_in_time((1 << 64) - 2 * SECOND), (["replay", "FILE"], "could not be read")),
    "tick_in_a_century": row(late_in_time(1 << 61), (["replay", "FILE"], r"(?s)\A(?!.*-\d+\.\d+s)")),
    "event_beyond_all_time": row(late_event, (["replay", "FILE"], "could not be read")),
    "huge_losses": row(huge_losses, (["replay", "--fail-on", "lost > 0", "FILE"], "verdict failed: lost")),
    "long_hold_back": row(long_hold_back, REPLAY),
}

if __name__ == "__main__":
    # Address space and time are not the sanitizers' matter, and the largest take them too long.
    if SANITIZED:
        for large in ("events_without_tick", "ticks_that_never_mature", "tree_bomb"):
            del TESTS[large]
    main_of(TESTS)
