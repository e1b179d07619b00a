# SPDX-License-Identifier: GPL-2.0-or-later
"""The wakes of each vCPU thread in a trace: its cause, its way, up to guest entry."""

from dataclasses import dataclass, field, replace

from causes import ROUNDING_NS, Causes
from chains import AT_ONCE_NS, EARLY_OR_NOT, Open, compose
from deliveries import TIMER_IRQS, Deliveries

TOLD_LATE_NS = 20_000
VCPU_EVENTS = {"kvm_entry", "kvm_exit", "kvm_vcpu_wakeup", "kvm_userspace_exit", "kvm_wfx_arm64"}


@dataclass
class Vcpu:
    index: int | None = None
    comm: str = ""
    inside: bool | None = None  # inside KVM_RUN
    cpu: int | None = None
    slept: int | None = None
    open: Open | None = None
    doubtful: list = field(default_factory=list)  # wakes that ended before it was known whether they were inside KVM_RUN
    timer_irq: object = None  # the guest's timer fired since its last entry
    left: int = 0  # the last kvm_exit
    kicks: list = field(default_factory=list)  # the same of all that had something for it: (ns, act)


class Wakes:
    def __init__(self, events, tick_ns=16.0, at_once_ns=AT_ONCE_NS):
        self.events, self.at_once_ns = events, at_once_ns
        tids = {event.tid for event in events if event.name in VCPU_EVENTS}
        self.entry_fires = any(event.name == "kvm_entry" for event in events)
        self.causes = Causes(tids)
        self.vcpus = {tid: Vcpu() for tid in tids}
        self.by_pointer = {event["pointer"]: event.tid for event in events
                           if event.name == "vcpu_load" and event.tid in tids}
        self.timers = Deliveries(events, tids, tick_ns)
        self.wakes = []
        self.sleeps = {tid: [] for tid in tids}  # when each vCPU left its CPU to sleep

    def read(self):
        for event in self.events:
            self.causes.see(event)
            if event.name == "sched_switch":
                self.timers.see_switch(event, lambda tid: self.vcpus[tid].inside)
                self.on_switch(event)
            elif event.name == "sched_wakeup" and event["pid"] in self.vcpus:
                self.on_wakeup(self.vcpus[event["pid"]])
            elif event.name == "sched_waking" and event["pid"] in self.vcpus:
                self.on_waking(event, self.vcpus[event["pid"]])
            elif event.name == "signal_generate" and event["pid"] in self.vcpus:
                self.on_signal(event, self.vcpus[event["pid"]])
            elif event.name == "vcpu_kick":
                self.on_kick(event)
            elif event.tid in self.vcpus:
                self.timers.see(event, self.vcpus[event.tid], self.causes.open_irq(event.cpu))
                self.on_vcpu(event, self.vcpus[event.tid])
        return self.wakes

    @property
    def deliveries(self):
        return self.timers.all

    @property
    def holes(self):
        return self.causes.holes

    def on_waking(self, event, vcpu):
        # Another waking of one that has not gone to sleep since is part of the same wake. Where guest entry can't be seen, it
        # is known only later whether a vCPU was inside KVM_RUN.
        poll = vcpu.open
        if poll and poll.polled and poll.act.root == "unknown":
            # Only a thread in its blocking loop can be woken (ttwu_state_match, kernel/sched/core.c). So the vCPU saw this, and
            # left the loop before the waker came to its tracepoint.
            poll.act, poll.polled, poll.slept = self.causes.act(event), False, event.ns
            poll.flags.add("early")
            return
        if vcpu.open or vcpu.inside is False and self.entry_fires:
            return
        early = vcpu.cpu is not None
        flags = {"early"} if early else set()
        if not early and vcpu.slept is not None and event.ns - vcpu.slept <= self.at_once_ns:
            flags.add(EARLY_OR_NOT)
        vcpu.open = Open(self.causes.act(event), event["comm"], event.ns if early else vcpu.slept,
                         confirmed=vcpu.inside is True, last_line=event.line, flags=flags)

    def on_wakeup(self, vcpu):
        if vcpu.open:
            vcpu.open.settled = True

    def on_signal(self, event, vcpu):
        # It fires right after the waking that it makes (__send_signal_locked, kernel/signal.c), by when the vCPU may run.
        wake = vcpu.open
        if wake and (wake.act.tid, wake.act.cpu) == (event.tid, event.cpu):
            wake.flags.add("signal")

    def on_switch(self, event):
        leaving, coming = self.vcpus.get(event["prev"]), self.vcpus.get(event["next"])
        if leaving:
            leaving.cpu = None
            state = str(event["state"])
            # On its way to the guest it may have to wait for something else than work: that is no sleep of the vCPU's.
            waits = leaving.open and (leaving.open.sched_in or leaving.open.wakeup) and not state.startswith(("S", "R", "X", "Z"))
            asleep = not state.startswith("R") and not waits
            leaving.slept = event.ns if asleep else None
            if asleep:
                self.sleeps[event["prev"]].append(event.ns)
            wake = leaving.open
            if wake and asleep and wake.sched_in is None and event.ns - wake.act.ns <= self.at_once_ns:
                wake.flags.add(EARLY_OR_NOT)
            if wake and asleep and (wake.settled or wake.sched_in):
                # One that has exited does not sleep.
                if self.entry_fires and not state.startswith(("X", "Z")):
                    wake.flags.add("reblocked")
                self.close(leaving, event["prev"], None)
            elif wake and not asleep and (wake.sched_in or wake.wakeup) and self.entry_fires:
                # Where entries can't be seen it may have been in its guest.
                wake.flags.add("preempted")
        if coming:
            coming.cpu, coming.comm = event.cpu, event["next_comm"]
            # One that has left its blocking loop already, by a poll, was not switched in by its wake.
            if coming.open and coming.open.sched_in is None and coming.open.wakeup is None:
                coming.open.sched_in = (event.ns, event.cpu)
                coming.open.last_line = event.line

    def on_vcpu(self, event, vcpu):
        wake = vcpu.open
        if event.name == "kvm_timer_update_irq":
            vcpu.index = event["vcpu"]
            frame = self.causes.open_irq(event.cpu)
            if event["level"] and event.in_hardirq and frame and frame.name in TIMER_IRQS:
                vcpu.timer_irq = frame
        elif event.name == "kvm_vcpu_wakeup":
            # Whatever woke it since that wait began did so inside KVM_RUN.
            began = event.ns - event["ns"] - ROUNDING_NS
            self.wakes += [told for ns, told in vcpu.doubtful if event["how"] == "wait" and ns >= began]
            vcpu.doubtful = []
            if wake:
                wake.confirmed = wake.confirmed or event["how"] == "wait" and wake.act.ns >= began
                wake.wakeup = wake.wakeup or (event.ns, event.cpu)
                if event["how"] == "poll" and wake.sched_in is None:
                    wake.flags.add("halt_poll")
                    if event.ns - wake.act.ns <= self.at_once_ns:
                        wake.flags.add(EARLY_OR_NOT)
            elif event["how"] == "poll" and not self.timers.found(event.tid):
                self.open_poll(event, vcpu)
        elif event.name == "kvm_userspace_exit":
            vcpu.inside = False
            if wake and not self.entry_fires:
                self.close(vcpu, event.tid, None)
        elif event.name in ("kvm_entry", "kvm_exit"):
            vcpu.inside = True
            if event.name == "kvm_exit":
                vcpu.left = event.ns
            else:
                vcpu.timer_irq, vcpu.kicks = None, []
            if wake and event.name == "kvm_entry":
                wake.last_line, wake.entry_cpu = event.line, event.cpu
                self.close(vcpu, event.tid, event.ns)

    def on_kick(self, event):
        vcpu = self.vcpus.get(self.by_pointer.get(event["pointer"]))
        if vcpu is None:
            return
        act = self.causes.act(event)
        own = act.tid is not None and act.tid == self.by_pointer[event["pointer"]]
        poll = vcpu.open
        if poll and poll.polled and poll.act.root == "unknown" and not vcpu.kicks and not own and act.hops and \
                event.ns - poll.wakeup[0] <= TOLD_LATE_NS and all(ns <= poll.wakeup[0] for _, ns in act.marks if ns is not None):
            # The interrupt that a kick announces is there a little before it.
            ended = poll.wakeup[0]
            poll.act = replace(act, ns=ended, hops=tuple(replace(hop, ns=min(hop.ns, ended)) for hop in act.hops))
            poll.polled = False
        vcpu.kicks.append((event.ns, self.causes.unknown(event) if own or not act.hops else act))

    def open_poll(self, event, vcpu):
        """Halt polling that ended without a sleep. An interrupt that was raised since the last guest entry has not reached the guest
        yet, so it ends the poll even if it came just before."""
        timer, began = vcpu.timer_irq, event.ns - event["ns"]
        firsts = [(ns, act) for ns, act in vcpu.kicks] + ([(timer.ns, self.causes.act_of_irq(event, timer))] if timer else [])
        firsts.sort(key=lambda first: first[0])
        nothing = self.causes.unknown(event)
        answers = [act if self.ended(vcpu, ns, began, event["ns"], timer and timer.ns == ns) else nothing
                   for ns, act in firsts if ns - firsts[0][0] <= self.at_once_ns] or [nothing]
        if vcpu.kicks:
            # Which of two came first, and on which side of the poll's begin, another tracer may see in the other way.
            answers += [nothing] + [act for ns, act in firsts if abs(ns - began) <= self.at_once_ns]
        polled = [answer.root in ("unknown", "irq") and (answer is nothing or bool(timer) and answer.hops and
                  answer.hops[0].name in TIMER_IRQS) for answer in answers]
        vcpu.open = Open(answers[0], vcpu.comm or event.comm, began, wakeup=(event.ns, event.cpu), polled=polled[0],
                         last_line=event.line, flags={"halt_poll"}, instead=list(zip(answers[1:], polled[1:])))

    @staticmethod
    def ended(vcpu, ns, began, lasted, is_timer):
        """Whether the first interrupt of all, at `ns`, ended the poll that is taken to have begun at `began`. If not, the cause
        is unknown."""
        if is_timer or not lasted and ns < vcpu.left:
            return True
        later = [other for other, _ in vcpu.kicks if other >= began - ROUNDING_NS]
        return bool(lasted) and (ns >= began - ROUNDING_NS or not later)

    def close(self, vcpu, tid, entry):
        wake, vcpu.open = vcpu.open, None
        told = compose(wake, vcpu, tid, entry, self.entry_fires, self.at_once_ns)
        if wake.confirmed:
            self.wakes.append(told)
        else:
            vcpu.doubtful.append((wake.act.ns, told))
