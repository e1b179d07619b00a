# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's timer interrupts that woke no vCPU: it was in its guest, preempted or in user space at its deadline.

In its guest: the host's interrupt "kvm guest vtimer" (or ptimer) comes at the deadline. Otherwise nothing happens then
(kvm_timer_vcpu_put has disabled the timer); the next vcpu_load finds the deadline passed and raises the level. Each deadline
counts once: one that a wake or a delivery has served already is found again at each load until the guest sets a new one.
"""

from dataclasses import dataclass, field

from causes import Hop

TIMER_IRQS = ("kvm guest vtimer", "kvm guest ptimer")
VIRTUAL = 1  # arch_timer_ctx_index


@dataclass
class Delivery:
    tid: int
    vcpu: int
    stages: list  # name, begin, end
    end: int
    flags: set
    lines: tuple
    hops: list  # one: where it was delivered
    again: bool = False  # the same deadline as before: the guest had not set its timer anew yet

    @property
    def begin(self):
        return self.stages[0][1]


@dataclass
class TimerState:
    user: bool = False  # in user space, or back from there and not loaded yet
    switched_in: int | None = None  # after a preemption inside KVM_RUN
    interrupted: tuple | None = None  # irq entry, kvm_timer_update_irq, line, the last deadline served
    found: tuple | None = None  # deadline, where `deschedule` ends, preempted, line
    saved: tuple = ()  # CVAL and control of the virtual timer
    preempted: bool = False  # since it was interrupted, or found due
    served: int = 0  # every deadline up to here has been counted
    doubtful: tuple | None = None  # a delivery by interrupt, and the last deadline served before it
    samples: list = field(default_factory=list)


class Deliveries:
    def __init__(self, events, tids, tick_ns):
        self.states = {tid: TimerState() for tid in tids}
        self.tick_ns = tick_ns
        self.offsets = self.calibrate(events)
        self.all = []

    def calibrate(self, events):
        """Per thread: the offset to add to CVAL in ns. KVM arms bg_timer for CVAL when the vCPU blocks, at once if that has passed:
        so the smallest difference is the true one (kvm_timer_blocking, arch/arm64/kvm/arch_timer.c)."""
        saved, offsets = {}, {}
        for event in events:
            if event.tid not in self.states:
                continue
            if event.name == "kvm_timer_save_state" and event["index"] == VIRTUAL:
                saved[event.tid] = int(event["cval"], 16) if int(event["ctl"], 16) & 3 == 1 else None
            elif event.name == "hrtimer_start" and event["function"] == "kvm_bg_timer_expire" and not event.in_hardirq:
                cval = saved.get(event.tid)
                if cval is not None:
                    offset = event["soft"] - round(cval * self.tick_ns)
                    offsets[event.tid] = min(offset, offsets.get(event.tid, offset))
        return offsets

    def found(self, tid):
        """Whether a load has found a deadline passed that has not been delivered: a poll that then ends at once is no wake."""
        return self.states[tid].found is not None

    def see_switch(self, event, inside):
        leaving, coming = self.states.get(event["prev"]), self.states.get(event["next"])
        if leaving:
            leaving.switched_in = None
            leaving.preempted = leaving.interrupted is not None or leaving.found is not None
        if coming and not coming.user and inside(event["next"]):
            coming.switched_in = event.ns

    def see(self, event, vcpu, irq_frame):
        state = self.states[event.tid]
        woken = vcpu.open is not None
        if event.name == "kvm_timer_update_irq" and event["level"]:
            self.level_raised(event, state, woken, irq_frame)
        elif event.name in ("kvm_timer_save_state", "kvm_timer_restore_state") and event["index"] == VIRTUAL:
            state.saved = int(event["cval"], 16), int(event["ctl"], 16)
            if event.name == "kvm_timer_save_state":
                self.settle(state, self.deadline(event.tid, state))
        elif event.name == "kvm_userspace_exit":
            state.user = True
        elif event.name == "kvm_vcpu_wakeup":
            # It ended this poll.
            if state.interrupted:
                state.served, state.interrupted = event.ns, None
        elif event.name == "kvm_entry":
            self.entered(event, vcpu, state, woken)

    def level_raised(self, event, state, woken, irq_frame):
        if event.in_hardirq:
            # In its guest, or on an exit from it. Where it polled or was on its way to sleep, kvm_vcpu_wakeup follows.
            if irq_frame and irq_frame.name in TIMER_IRQS:
                state.interrupted = irq_frame.ns, event.ns, event.line, state.served
            # Also where it met a vCPU that polled or was on its way to sleep: that is a wake.
            state.served = max(state.served, event.ns)
            return
        deadline = self.deadline(event.tid, state)
        if deadline is not None and not woken and state.served < deadline <= event.ns and state.found is None:
            preempted = state.switched_in is not None
            state.found = deadline, state.switched_in if preempted else event.ns, preempted, event.line
        state.served = max(state.served, event.ns)

    def settle(self, state, deadline):
        """A guest that acknowledges the interrupt before it sets the timer anew gets it again: the deadline that is saved then
        is the old one."""
        if state.doubtful:
            delivery, served = state.doubtful
            delivery.again = deadline is not None and deadline <= served
            self.all.append(delivery)
            state.doubtful = None

    def deadline(self, tid, state):
        if tid not in self.offsets or not state.saved or state.saved[1] & 3 != 1:
            return None
        return self.offsets[tid] + round(state.saved[0] * self.tick_ns)

    @staticmethod
    def flags(state, preempted):
        return {"preempted"} if preempted or state.preempted else set()

    def entered(self, event, vcpu, state, woken):
        hops = [Hop("vcpu", event.comm, event.cpu, event.tid, event.ns)]
        if state.interrupted and not woken:
            entry, raised, line, served = state.interrupted
            self.settle(state, None)
            state.doubtful = Delivery(event.tid, vcpu.index, [("irq_entry", entry, raised), ("vcpu_entry", raised, event.ns)],
                                      event.ns, self.flags(state, False), (line, event.line), hops), served
        elif state.found:
            deadline, until, preempted, line = state.found
            stages = [("deschedule", deadline, until), ("vcpu_entry", until, event.ns)]
            if deadline >= until:
                # It was due between its sched_in and its load.
                preempted, stages = False, [("vcpu_entry", deadline, event.ns)]
            self.all.append(Delivery(event.tid, vcpu.index, stages, event.ns, self.flags(state, preempted),
                                     (line, event.line), hops))
        state.interrupted = state.found = state.switched_in = None
        state.preempted = False
        state.user = False
