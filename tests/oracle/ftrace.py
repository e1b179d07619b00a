# SPDX-License-Identifier: GPL-2.0-or-later
"""The text of ftrace's `trace` file, as events. Its times are rounded to a microsecond.

Refuses a recording that can't be a witness: a buffer that lost something, or a clock that is not CLOCK_MONOTONIC.
"""

import re


class Unfit(Exception):
    """The recording can't be held against anything."""


class Event:
    __slots__ = ("line", "tid", "comm", "cpu", "flags", "ns", "name", "text", "fields")

    def __init__(self, line, tid, comm, cpu, flags, ns, name, text):
        self.line, self.tid, self.comm, self.cpu, self.flags = line, tid, comm, cpu, flags
        self.ns, self.name, self.text = ns, name, text
        self.fields = parse_fields(name, text)

    def __getitem__(self, key):
        return self.fields[key]

    @property
    def in_hardirq(self):
        return self.flags[2] in "hHzZ"

    @property
    def in_softirq(self):
        return self.flags[2] in "sH"


# A comm is right-aligned in 16 columns, so its text can't be taken for the columns behind it.
LINE = re.compile(r"-(\d+) +\[(\d+)\] (\S+) +(\d+)\.(\d{6}): (\w+): ?(.*)$")
LOST = re.compile(r"^CPU:\d+ \[LOST .*EVENTS\]")

# `comm` may hold anything: it is matched greedily, and the text behind it bounds it.
TASK = r"comm=(?P<comm>.*) pid=(?P<pid>\d+) prio=-?\d+"
POINTER = r"(?:0x)?[0-9a-f]+"
HRTIMER = rf"hrtimer=(?P<timer>{POINTER})"
WORK = rf"work struct[= ](?P<work>{POINTER}):? function[= ](?P<function>[^ ]+)"
VECTOR = r"vec=\d+ \[action=(?P<vector>\w+)\]"
ARCH_TIMER = r"CTL: 0x(?P<ctl>[0-9a-f]+) CVAL: +0x(?P<cval>[0-9a-f]+) arch_timer_ctx_index: (?P<index>\d+)"

PATTERNS = {name: re.compile(pattern) for names, pattern in {
    "sched_switch": r"prev_comm=(?P<prev_comm>.*) prev_pid=(?P<prev>\d+) prev_prio=-?\d+ prev_state=(?P<state>\S+) ==> "
                    r"next_comm=(?P<next_comm>.*) next_pid=(?P<next>\d+) next_prio=-?\d+$",
    "sched_waking sched_wakeup sched_wakeup_new": TASK + r" (?:success=1 )?target_cpu=(?P<target>\d+)$",
    "sched_migrate_task": TASK + r" orig_cpu=(?P<from>\d+) dest_cpu=(?P<to>\d+)$",
    "irq_handler_entry": r"irq=(?P<irq>\d+) name=(?P<irq_name>.*)$",
    "irq_handler_exit": r"irq=(?P<irq>\d+) ",
    "ipi_entry ipi_exit": r"\((?P<reason>.*)\)$",
    "softirq_raise softirq_entry softirq_exit": VECTOR,
    "hrtimer_start": HRTIMER + r" function=(?P<function>\S+) expires=-?\d+ softexpires=(?P<soft>-?\d+)",
    "hrtimer_expire_entry": HRTIMER + r" function=(?P<function>\S+) now=(?P<now>-?\d+)",
    "hrtimer_expire_exit": HRTIMER,
    "workqueue_queue_work workqueue_execute_start": WORK,
    "sched_kthread_work_queue_work sched_kthread_work_execute_start": WORK,
    "signal_generate": r"sig=(?P<signal>\d+) .* comm=(?P<comm>.*) pid=(?P<pid>\d+) grp=",
    "cpu_idle": r"state=(?P<state>\d+)",
    "kvm_vcpu_wakeup": r"(?P<how>wait|poll) time (?P<ns>\d+) ns",
    "kvm_timer_update_irq": r"VCPU: (?P<vcpu>\d+), IRQ (?P<irq>\d+), level:? (?P<level>\d)",
    "vcpu_load vcpu_kick": r"vcpu=(?P<pointer>0x[0-9a-f]+)$",
    "kvm_timer_save_state kvm_timer_restore_state": ARCH_TIMER,
}.items() for name in names.split()}


def parse_fields(name, text):
    pattern = PATTERNS.get(name)
    if pattern is None:
        return {}
    match = pattern.search(text)
    if match is None:
        raise Unfit(f"{name} is not written as it should be: {text}")
    return {key: int(value) if value.isdigit() and key not in ("comm", "timer", "work", "cval", "ctl") else value
            for key, value in match.groupdict().items()}


def parse_line(number, line):
    match = LINE.match(line, 16)
    if match is None:
        raise Unfit(f"line {number} is no event: {line[:120]}")
    tid, cpu, flags, seconds, micros, name, text = match.groups()
    if len(flags) < 4:
        raise Unfit("the irq-info option was off")
    return Event(number, int(tid), line[:16].strip(), int(cpu), flags, int(seconds) * 10**9 + int(micros) * 1000, name, text)


def read_trace(lines):
    """All events in the order in which ftrace puts them, which is the order of time."""
    events, held, written = [], None, None
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\n")
        if line.startswith("#"):
            counts = re.search(r"entries-in-buffer/entries-written: (\d+)/(\d+)", line)
            if counts:
                held, written = map(int, counts.groups())
        elif LOST.match(line):
            raise Unfit(f"line {number}: {line}")
        elif line:
            events.append(parse_line(number, line))
    if held is None:
        raise Unfit("the trace does not say how many entries it holds")
    if held != written or held != len(events):
        raise Unfit(f"{written} entries were written, {held} are held, {len(events)} were read")
    return events


def check_stats(lines):
    """per_cpu/cpuN/stats with `cpuN ` before each line, and trace_clock with `clock `."""
    clock, cpus = None, set()
    for line in lines:
        owner, _, rest = line.strip().partition(" ")
        if owner == "clock":
            clock = re.search(r"\[(\w+)\]", rest)
            continue
        if owner == "probe":
            name, _, missed = rest.split()
            if int(missed) != 0:
                raise Unfit(f"ftrace's probe {name} missed {missed}")
            continue
        key, _, value = rest.partition(": ")
        if key == "entries":
            cpus.add(owner)
        if key in ("overrun", "commit overrun", "dropped events") and int(value) != 0:
            raise Unfit(f"ftrace lost events: {owner} {rest}")
    if not cpus:
        raise Unfit("there are no statistics of ftrace's buffers")
    if clock is None or clock.group(1) != "mono":
        raise Unfit(f"the trace clock is {clock and clock.group(1)}, not mono")


# No run with a guest is without them. Switching a tracepoint on can fail to show in an emulated kernel.
KINDS = {"sched_switch", "sched_waking", "hrtimer_start", "hrtimer_expire_entry", "kvm_vcpu_wakeup"}


def check_kinds(events):
    missing = KINDS - {event.name for event in events}
    if missing:
        raise Unfit(f"there is not one {', '.join(sorted(missing))} in it")


def read(trace_path, stats_path):
    with open(stats_path, encoding="utf-8", errors="surrogateescape") as file:
        check_stats(file)
    with open(trace_path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        events = read_trace(file)
    check_kinds(events)
    return events
