# SPDX-License-Identifier: GPL-2.0-or-later
"""The wakes of each vCPU thread in a trace: what woke it, on which way, up to guest entry."""

from dataclasses import dataclass, field, replace

from causes import ROUNDING_NS, Causes
from chains import AT_ONCE_NS, EARLY_OR_NOT, Open, compose
from deliveries import TIMER_IRQS, Deliveries

SIGNAL_NS = 2 * 10**7  # a CPU may be taken away between the two
SEEN_NS = 10**6
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
    closed_poll: tuple | None = None  # one that nothing known ended: it, its entry, its place in the list
    kicks: list = field(default_factory=list)  # the same of all that had something for it: (ns, act)


class Wakes:
    def __init__(self, events, tick_ns=16.0):
        self.events = events
        tids = {event.tid for event in events if event.name in VCPU_EVENTS}
        self.entry_fires = any(event.name == "kvm_entry" for event in events)
        self.causes = Causes(tids)
        self.vcpus = {tid: Vcpu() for tid in tids}
        self.by_pointer = {event["pointer"]: event.tid for event in events
                           if event.name == "vcpu_load" and event.tid in tids}
        self.timers = Deliveries(events, tids, tick_ns)
        self.wakes = []

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
        if poll and poll.polled and poll.act.root == "unknown" and event.ns - poll.wakeup[0] <= SEEN_NS:
            # Only one in its blocking loop can be woken (ttwu_state_match, kernel/sched/core.c): it has just seen this, and
            # left the loop before the waker came to its tracepoint.
            poll.act, poll.polled, poll.slept = self.causes.act(event), False, event.ns
            poll.flags.add("early")
            return
        if vcpu.open or vcpu.inside is False and self.entry_fires:
            return
        early = vcpu.cpu is not None
        flags = {"early"} if early else set()
        if not early and vcpu.slept is not None and event.ns - vcpu.slept <= AT_ONCE_NS:
            flags.add(EARLY_OR_NOT)
        vcpu.open = Open(self.causes.act(event), event["comm"], event.ns if early else vcpu.slept,
                         confirmed=vcpu.inside is True, last_line=event.line, flags=flags)

    def on_wakeup(self, vcpu):
        if vcpu.open:
            vcpu.open.settled = True

    def on_signal(self, event, vcpu):
        # It fires right after the waking that it makes (__send_signal_locked, kernel/signal.c), by when the vCPU may run.
        wake = vcpu.open
        if wake and (wake.act.tid, wake.act.cpu) == (event.tid, event.cpu) and event.ns - wake.act.ns < SIGNAL_NS:
            wake.flags.add("signal")

    def on_switch(self, event):
        leaving, coming = self.vcpus.get(event["prev"]), self.vcpus.get(event["next"])
        if leaving:
            leaving.cpu = None
            asleep = not str(event["state"]).startswith("R")
            leaving.slept = event.ns if asleep else None
            wake = leaving.open
            if wake and asleep and wake.sched_in is None and event.ns - wake.act.ns <= AT_ONCE_NS:
                wake.flags.add(EARLY_OR_NOT)
            if wake and asleep and (wake.settled or wake.sched_in):
                # One that has exited does not sleep.
                if self.entry_fires and not str(event["state"]).startswith(("X", "Z")):
                    wake.flags.add("reblocked")
                self.close(leaving, event["prev"], None)
            elif wake and not asleep and (wake.sched_in or wake.wakeup):
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
                    if event.ns - wake.act.ns <= AT_ONCE_NS:
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
                vcpu.closed_poll = None
            else:
                vcpu.timer_irq, vcpu.kicks = None, []
            if wake and event.name == "kvm_entry":
                wake.last_line = event.line
                self.close(vcpu, event.tid, event.ns)

    def on_kick(self, event):
        vcpu = self.vcpus.get(self.by_pointer.get(event["pointer"]))
        if vcpu is None:
            return
        act = self.causes.act(event)
        poll, closed = vcpu.open, vcpu.closed_poll
        if poll and self.told_late(poll, event, act):
            self.end_late(poll, act)
        elif closed and self.told_late(closed[0], event, act):
            poll, entry, number = closed
            self.end_late(poll, act)
            self.wakes[number] = compose(poll, vcpu, self.by_pointer[event["pointer"]], entry, self.entry_fires)
        else:
            vcpu.kicks.append((event.ns, act))

    @staticmethod
    def told_late(poll, event, act):
        """What a kick tells of is there a little before it: the vCPU may have seen it, and may even be in its guest."""
        return poll.polled and poll.act.root == "unknown" and 0 <= event.ns - poll.wakeup[0] <= SEEN_NS and \
            all(ns <= poll.wakeup[0] for _, ns in act.marks if ns is not None)

    @staticmethod
    def end_late(poll, act):
        ended = poll.wakeup[0]
        poll.act = replace(act, ns=ended, hops=tuple(replace(hop, ns=min(hop.ns, ended)) for hop in act.hops))
        poll.polled = False

    def open_poll(self, event, vcpu):
        """Halt polling that ended without a sleep. What was raised since the last guest entry has not been told to the guest
        yet, so it ends the poll even if it came just before."""
        timer, slept, polled = vcpu.timer_irq, event.ns - event["ns"], True
        kick = self.kick_that_ended(vcpu, slept, event["ns"])
        at_once = [act for ns, act in vcpu.kicks if kick and abs(ns - kick[0]) <= AT_ONCE_NS and act is not kick[1] or
                   timer and abs(ns - timer.ns) <= AT_ONCE_NS]
        if kick and kick[1].tid == event.tid:
            kick = None
        if kick and not (timer and timer.ns <= kick[0]):
            act, polled = kick[1], False
            if timer and timer.ns - kick[0] <= AT_ONCE_NS:
                at_once.append(self.causes.act_of_irq(event, timer))
        elif timer:
            act = self.causes.act_of_irq(event, timer)
        else:
            act = self.causes.unknown(event)
        vcpu.open = Open(act, vcpu.comm or event.comm, slept, wakeup=(event.ns, event.cpu), polled=polled,
                         last_line=event.line, flags={"halt_poll"}, instead=at_once)

    @staticmethod
    def kick_that_ended(vcpu, began, lasted):
        """A poll that lasted had not been kicked for anything before; but one that was given up meets what came before its
        sleep."""
        since = [kick for kick in vcpu.kicks if kick[0] >= began - ROUNDING_NS]
        return next(iter(since if lasted and since else vcpu.kicks), None)

    def close(self, vcpu, tid, entry):
        wake, vcpu.open = vcpu.open, None
        told = compose(wake, vcpu, tid, entry, self.entry_fires)
        vcpu.closed_poll = None
        if wake.confirmed:
            if wake.polled and entry:
                vcpu.closed_poll = wake, entry, len(self.wakes)
            self.wakes.append(told)
        else:
            vcpu.doubtful.append((wake.act.ns, told))
