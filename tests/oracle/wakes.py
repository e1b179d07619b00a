# SPDX-License-Identifier: GPL-2.0-or-later
"""The wakes of each vCPU thread in a trace: what woke it, on which way, up to guest entry."""

from dataclasses import dataclass, field

from causes import MAX_HOPS, Causes, Hop

VCPU_EVENTS = {"kvm_entry", "kvm_exit", "kvm_vcpu_wakeup", "kvm_userspace_exit", "kvm_wfx_arm64"}


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


@dataclass
class Open:
    """A wake that has not reached guest entry yet."""

    act: object
    comm: str
    slept: int | None  # when the vCPU's sleep began; None: it had not been asleep
    sched_in: tuple | None = None  # ns, cpu
    wakeup: tuple | None = None  # ns, cpu
    settled: bool = False  # its sched_wakeup has come, so what follows is another sleep
    confirmed: bool = True  # False: it is not known yet whether this was inside KVM_RUN
    last_line: int = 0
    flags: set = field(default_factory=set)


@dataclass
class Vcpu:
    index: int | None = None
    comm: str = ""
    inside: bool | None = None  # inside KVM_RUN
    cpu: int | None = None
    slept: int | None = None
    open: Open | None = None
    doubtful: list = field(default_factory=list)  # wakes that ended before it was known whether they were inside KVM_RUN
    polling: bool = False
    poll_irq: object = None  # the interrupt that ended a poll


class Wakes:
    def __init__(self, events):
        self.events = events
        tids = {event.tid for event in events if event.name in VCPU_EVENTS}
        self.entry_fires = any(event.name == "kvm_entry" for event in events)
        self.causes = Causes(tids)
        self.vcpus = {tid: Vcpu() for tid in tids}
        self.wakes = []

    def read(self):
        for event in self.events:
            self.causes.see(event)
            if event.name == "sched_switch":
                self.on_switch(event)
            elif event.name == "sched_wakeup" and event["pid"] in self.vcpus:
                self.on_wakeup(self.vcpus[event["pid"]])
            elif event.name == "sched_waking" and event["pid"] in self.vcpus:
                self.on_waking(event, self.vcpus[event["pid"]])
            elif event.name == "signal_generate" and event["pid"] in self.vcpus:
                self.on_signal(event, self.vcpus[event["pid"]])
            elif event.tid in self.vcpus:
                self.on_vcpu(event, self.vcpus[event.tid])
        return self.wakes

    @property
    def holes(self):
        return self.causes.holes

    def on_waking(self, event, vcpu):
        if vcpu.inside is False or vcpu.open:
            if vcpu.open or self.entry_fires:
                return
        # What woke it was taken before the trackers saw this event change anything about the waker.
        vcpu.open = Open(self.causes.act(event), event["comm"], vcpu.slept, confirmed=vcpu.inside is True,
                         last_line=event.line)
        if vcpu.cpu is not None:
            vcpu.open.flags.add("early")

    def on_wakeup(self, vcpu):
        if vcpu.open:
            vcpu.open.settled = True

    def on_signal(self, event, vcpu):
        wake = vcpu.open
        if wake and wake.sched_in is None and wake.act.tid == event.tid and wake.act.cpu == event.cpu:
            wake.flags.add("signal")

    def on_switch(self, event):
        leaving, coming = self.vcpus.get(event["prev"]), self.vcpus.get(event["next"])
        if leaving:
            leaving.cpu, leaving.polling = None, False
            asleep = not str(event["state"]).startswith("R")
            leaving.slept = event.ns if asleep else None
            wake = leaving.open
            if wake and asleep and (wake.settled or wake.sched_in):
                wake.flags.add("reblocked")
                self.close(leaving, event["prev"], None)
            elif wake and not asleep and wake.sched_in:
                wake.flags.add("preempted")
        if coming:
            coming.cpu, coming.comm = event.cpu, event["next_comm"]
            if coming.open and coming.open.sched_in is None:
                coming.open.sched_in = (event.ns, event.cpu)
                coming.open.last_line = event.line

    def on_vcpu(self, event, vcpu):
        wake = vcpu.open
        if event.name == "kvm_timer_update_irq":
            vcpu.index = event["vcpu"]
            if vcpu.polling and event["level"] and event.in_hardirq:
                vcpu.poll_irq = self.causes.irqs[event.cpu][-1]
        elif event.name == "kvm_wfx_arm64":
            vcpu.polling, vcpu.poll_irq = True, None
        elif event.name == "kvm_vcpu_wakeup":
            # Whatever woke it since that wait began did so inside KVM_RUN.
            began = event.ns - event["ns"] - 1000
            self.wakes += [told for ns, told in vcpu.doubtful if event["how"] == "wait" and ns >= began]
            vcpu.doubtful = []
            if wake:
                wake.confirmed = wake.confirmed or event["how"] == "wait" and wake.act.ns >= began
                wake.wakeup = wake.wakeup or (event.ns, event.cpu)
            elif event["how"] == "poll":
                self.open_poll(event, vcpu)
            vcpu.polling = False
        elif event.name == "kvm_userspace_exit":
            vcpu.inside = False
            if wake and not self.entry_fires:
                self.close(vcpu, event.tid, None)
        elif event.name in ("kvm_entry", "kvm_exit"):
            vcpu.inside = True
            if wake and event.name == "kvm_entry":
                wake.last_line = event.line
                self.close(vcpu, event.tid, event.ns)

    def open_poll(self, event, vcpu):
        """Halt polling that ended without a sleep: only what raised the interrupt can tell why."""
        if vcpu.poll_irq:
            self.causes.irqs.setdefault(event.cpu, [])
            act = self.causes.act_of_irq(event, vcpu.poll_irq)
        else:
            act = self.causes.unknown(event)
        vcpu.open = Open(act, vcpu.comm or event.comm, None, wakeup=(event.ns, event.cpu), last_line=event.line)
        vcpu.open.flags.add("halt_poll")

    def close(self, vcpu, tid, entry):
        wake, vcpu.open = vcpu.open, None
        told = compose(wake, vcpu, tid, entry, self.entry_fires)
        if wake.confirmed:
            self.wakes.append(told)
        else:
            vcpu.doubtful.append((wake.act.ns, told))


def followed(act, slept):
    """The acts behind `act`, the first of them first, as far as they are followed back."""
    acts = [act]
    hops = len(act.hops)
    while act.before and act.root != "guest_ipi":
        # A task that was running before the vCPU slept does this on its own account.
        if act.root == "task" and act.since is not None and slept is not None and act.since <= slept:
            break
        hops += len(act.before.hops)
        if hops > MAX_HOPS:
            break
        act = act.before
        acts.insert(0, act)
    return acts


def compose(wake, vcpu, tid, entry, entry_fires):
    acts = followed(wake.act, wake.slept)
    first = acts[0]
    marks, hops = [], []
    for act in acts:
        # A task that is the root acts at once: how it came to its CPU is not its chain.
        stands_alone = act is first and act.before is not None
        marks += [] if stands_alone else act.marks
        hops += [Hop(hop.kind, hop.name, hop.cpu, hop.tid, act.ns) for hop in act.hops] if stands_alone else act.hops
    root = first.root
    if first.root == "task" and len(acts) == 1 and "signal" in wake.flags:
        root = "signal"
    halt_poll = "halt_poll" in wake.flags
    if halt_poll:
        marks = [("poll_exit", first.marks[0][1])] if first.marks else []
    elif wake.sched_in:
        marks.append(("wake_delay", wake.act.ns))
    else:
        marks.append(("poll_exit", wake.act.ns))
    after, cpu = wake.sched_in or wake.wakeup or (None, wake.act.cpu)
    end, ends_at = (entry, "kvm_entry") if entry is not None else (after, "sched_in")
    if entry is not None and after is not None:
        marks.append(("vcpu_entry", after))
    if end is None:
        marks, end = [], wake.act.ns
    ends = [begin for _, begin in marks[1:]] + [end]
    stages = [(name, begin, stop) for (name, begin), stop in zip(marks, ends)]
    parts = [hop.in_path() for hop in hops]
    if root in ("guest_ipi", "signal") and parts:
        parts[0] = root + parts[0].removeprefix("task")
    if root == "unknown":
        parts.insert(0, "unknown")
    hops.append(Hop("vcpu", wake.comm, cpu, tid, after if after is not None else wake.act.ns))
    begin = next((ns for _, ns in marks if ns is not None), wake.act.ns)
    if entry_fires and entry is None:
        wake.flags.add("no_entry")
    return Wake(tid, vcpu.index, ">".join([*parts, "vcpu"]), root, hops, stages, begin, end,
                ends_at, all(act.certain for act in acts), first.expiry, (first.line, wake.last_line), wake.flags)
