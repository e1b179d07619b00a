# SPDX-License-Identifier: GPL-2.0-or-later
"""From the act that woke a vCPU to its whole chain: hops, stages, path."""

from dataclasses import dataclass, field, replace

from causes import MAX_HOPS, Hop

# In plain mode two tracers may see two events of two CPUs in either order if they are no further apart than this. A
# recording says itself if it needs more, because the emulator was off its CPU between two stamps of one event
# (compare.stamps_apart).
AT_ONCE_NS = 100_000
# A flag: the waking and the sleep that it met are so close.
EARLY_OR_NOT = "early or not"


@dataclass
class Wake:
    tid: int
    vcpu: int | None
    path: str
    root: str
    hops: list  # Hop, the vCPU's last
    stages: list  # (name, begin, end); begin None: not told by this trace
    begin: int
    end: int
    ends_at: str
    certain: bool  # False: something before it was not seen
    expiry: int | None
    lines: tuple  # first and last line of it in the trace
    flags: set = field(default_factory=set)
    others: list = field(default_factory=list)  # as good readings


@dataclass
class Open:
    """A wake that has not reached guest entry yet."""

    act: object
    comm: str
    slept: int | None  # when the vCPU's sleep began; where it had not been asleep, when it was woken
    sched_in: tuple | None = None  # ns, cpu
    wakeup: tuple | None = None  # ns, cpu
    settled: bool = False  # its sched_wakeup has come, so the next sleep is another one
    confirmed: bool = True  # False: it is not known yet whether this was inside KVM_RUN
    polled: bool = False  # nothing woke it: it had not given up its CPU
    last_line: int = 0
    entry_cpu: int | None = None
    flags: set = field(default_factory=set)
    instead: list = field(default_factory=list)  # acts that may have come first, each with `polled`


def followed(act, slept, edge_ns=0):
    """The acts behind `act`, the first of them first, as far as they are followed back; edge_ns: how much later the sleep is
    taken to have begun."""
    acts = [act]
    hops = len(act.hops)
    while act.before and act.root != "guest_ipi":
        # A task that was running before the vCPU slept does this on its own account.
        if act.root == "task" and act.since is not None and slept is not None and act.since <= slept + edge_ns:
            break
        hops += len(act.before.hops)
        if hops > MAX_HOPS:
            break
        act = act.before
        acts.insert(0, act)
    return acts


def hops_and_marks(acts):
    hops, marks = [], []
    for act in acts:
        if act is acts[0] and act.before is not None:
            # A task that is the root acts at once: how it came to its CPU is not its chain.
            hops += [Hop(hop.kind, hop.name, hop.cpu, hop.tid, act.ns) for hop in act.hops]
        else:
            hops += act.hops
            marks += act.marks
    return hops, marks


def root_of(acts, flags):
    root = acts[0].root
    if root == "guest_ipi" and len(acts) > 1:
        # It woke or kicked a task: that is no IPI between vCPUs.
        return "task"
    if root == "task" and len(acts) == 1 and "signal" in flags:
        return "signal"
    return root


def path_of(root, hops):
    parts = [hop.in_path() for hop in hops]
    if root in ("guest_ipi", "signal"):
        parts[0] = root + parts[0].removeprefix("task")
    elif root == "unknown":
        parts.insert(0, root)
    return ">".join([*parts, "vcpu"])


def compose(wake, vcpu, tid, entry, entry_fires, at_once_ns=AT_ONCE_NS):
    """The wake as a whole; entry: ns of kvm_entry, None where it did not come. Where a task began to run just when the vCPU
    went to sleep, or where two things ended a poll at once, another tracer may see the two in the other order: `others` are
    the wake then."""
    told = reading(wake, vcpu, tid, entry, entry_fires, 0)
    told.others = [reading(wake, vcpu, tid, entry, entry_fires, edge_ns) for edge_ns in (-at_once_ns, at_once_ns)]
    told.others += [reading(replace(wake, act=act, polled=polled), vcpu, tid, entry, entry_fires, 0)
                    for act, polled in wake.instead]
    told.others = [other for other in told.others if other.path != told.path]
    return told


def reading(wake, vcpu, tid, entry, entry_fires, edge_ns):
    acts = followed(wake.act, wake.slept, edge_ns)
    root = root_of(acts, wake.flags)
    hops, marks = hops_and_marks(acts)
    path = path_of(root, hops)
    after, cpu = wake.sched_in or wake.wakeup or (None, wake.act.cpu if wake.entry_cpu is None else wake.entry_cpu)
    hops.append(Hop("vcpu", wake.comm, cpu, tid, wake.act.ns if after is None else after))

    if wake.polled:
        marks = [("poll_exit", begin) for _, begin in marks[:1]]
    elif after is None and entry is not None:
        # Neither switched in nor told to leave its blocking loop: it had waited for something else.
        after = wake.act.ns
    elif after is None or wake.act.ns <= after:
        marks.append(("wake_delay" if wake.sched_in else "poll_exit", wake.act.ns))
    else:
        after = wake.act.ns
    if entry is not None and after is not None:
        marks.append(("vcpu_entry", after))
    end, ends_at = (after, "sched_in") if entry is None else (entry, "kvm_entry")
    if end is None:
        marks, end = [], wake.act.ns
    ends = [begin for _, begin in marks[1:]] + [end]
    stages = [(name, begin, stop) for (name, begin), stop in zip(marks, ends)]
    begin = next((ns for _, ns in marks if ns is not None), wake.act.ns)

    if entry_fires and entry is None and "reblocked" not in wake.flags:
        wake.flags.add("no_entry")
    return Wake(tid, vcpu.index, path, root, hops, stages, begin, end, ends_at, all(act.certain for act in acts),
                acts[0].expiry, (acts[0].line, wake.last_line), wake.flags)
