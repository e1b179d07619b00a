# SPDX-License-Identifier: GPL-2.0-or-later
"""The causes: for any event of a trace, the chain of interrupts, timers, work items and tasks behind it.

The context that the line itself names acts: the hard interrupt on that CPU, else the softirq that its task runs, else the
work item that the task executes, else the task. So the interrupted task is never blamed.
"""

import re
from dataclasses import dataclass, field

MAX_HOPS = 8
# ftrace's text is rounded to the microsecond.
ROUNDING_NS = 1000
# Clocks with an offset are far more apart than an interrupt takes.
CLOCKS_APART_NS = 10**9


@dataclass(frozen=True)
class Hop:
    kind: str
    name: str
    cpu: int
    tid: int | None
    ns: int

    def in_path(self):
        if self.kind in ("irq", "task", "guest_ipi", "signal"):
            name = re.sub(r"\d+", "*", self.name)
        else:
            name = self.name
        escaped = "".join(f"\\x{ord(c):02x}" if c in ">()\\" or ord(c) < 32 or ord(c) == 127 else c for c in name)
        return f"{self.kind}({escaped})"


@dataclass(frozen=True)
class Act:
    """Something queued, raised or woke: its hops, the way to it (marks: stage and its begin, up to `ns`), and the act that
    had set it going (before)."""

    ns: int
    cpu: int
    hops: tuple
    marks: tuple
    before: "Act | None"
    root: str  # the kind of root that this act is if it is the first
    line: int
    since: int | None = None  # a task's sched_in
    tid: int | None = None
    certain: bool = True  # False: something that must have been before it was not seen
    expiry: int | None = None


@dataclass
class Frame:
    """An interrupt or a softirq while it runs."""

    name: str
    ns: int
    cpu: int
    irq: int | None = None
    raised: Act | None = None
    timer: tuple | None = None  # expiry, function, ns of hrtimer_expire_entry


@dataclass
class Task:
    comm: str = ""
    cpu: int | None = None  # None: not on a CPU
    woken: Act | None = None  # its waking, until it is switched in
    run: Act | None = None  # the waking that it has run for since `since`
    since: int | None = None
    early: bool = False  # that waking found it on its CPU still
    settled: bool = True  # the wakeup of that waking has come
    softirqs: list = field(default_factory=list)
    work: tuple | None = None  # function, ns of execute_start, its queueing


class Causes:
    def __init__(self, vcpu_tids):
        self.vcpu_tids = vcpu_tids
        self.irqs = {}  # CPU: frames, the innermost last
        self.left = {}  # CPU: the interrupt whose handler has returned, until the next one
        self.tasks = {}
        self.idle = {}
        self.raised = {}  # CPU, vector
        self.queued = {}  # work
        self.switched = {}  # CPU: the task that was switched in last, and when
        self.holes = []  # (CPU, from, to): a switch in between has not been traced
        self.timers = {}  # pointer: soft expiry in the timer's clock
        self.handlers = {
            name: getattr(self, "on_" + name) for name in (
                "irq_handler_entry irq_handler_exit local_timer_entry local_timer_exit ipi_entry softirq_raise softirq_entry "
                "softirq_exit hrtimer_start hrtimer_expire_entry hrtimer_expire_exit "
                "workqueue_queue_work workqueue_execute_start workqueue_execute_end sched_kthread_work_queue_work "
                "sched_kthread_work_execute_start sched_kthread_work_execute_end sched_waking sched_wakeup "
                "sched_switch").split()}

    def see(self, event):
        handler = self.handlers.get(event.name)
        if handler:
            handler(event)

    def task(self, tid, cpu):
        # There is an idle task on each CPU, all of them 0.
        return self.tasks.setdefault(tid, Task()) if tid else self.idle.setdefault(cpu, Task())

    def act(self, event):
        """The chain behind `event`, as far as it has been seen."""
        if event.in_hardirq:
            frame = self.threaded(event) or self.open_irq(event.cpu)
            return self.act_of_irq(event, frame) if frame else self.unknown(event)
        task = self.task(event.tid, event.cpu)
        if task.softirqs:
            return self.act_of_softirq(event, task.softirqs[-1])
        if event.in_softirq:
            return self.unknown(event)
        if task.work:
            return self.act_of_work(event, task)
        if not event.tid:
            # Idle does nothing by itself: this is the end of an interrupt, after its irq_handler_exit.
            return self.unknown(event)
        return self.act_of_task(event, task)

    def open_irq(self, cpu):
        frames = self.irqs.get(cpu)
        return frames[-1] if frames else None

    def threaded(self, event):
        """An interrupt's thread is woken after irq_handler_exit (__handle_irq_event_percpu, kernel/irq/handle.c)."""
        name = event.name == "sched_waking" and re.match(r"irq/(\d+)-", event["comm"])
        left = self.left.get(event.cpu)
        return left if name and left and left.irq == int(name.group(1)) else None

    def unknown(self, event):
        return Act(event.ns, event.cpu, (), (), None, "unknown", event.line, certain=False)

    def act_of_irq(self, event, frame):
        if frame.timer:
            return self.act_of_timer(event, frame.timer, (("irq_entry", frame.ns),), ())
        kind = "ipi" if frame.irq is None or frame.name.startswith("IPI") else "irq"
        name = frame.name.removeprefix("IPI ") if kind == "ipi" else frame.name
        hop = Hop(kind, name, frame.cpu, None, frame.ns)
        return Act(event.ns, event.cpu, (hop,), (("irq_entry", frame.ns),), None, kind, event.line)

    def act_of_timer(self, event, timer, marks, more_hops):
        expiry, function, entered = timer
        hop = Hop("timer", function, event.cpu, None, entered)
        marks = (*marks, ("timer_callback", entered))
        if expiry is not None:
            # A stage that was over when the timer expired is no part of its chain.
            marks = tuple(mark for mark in marks if mark[1] >= expiry - ROUNDING_NS)
        marks = (("timer_latency", expiry), *marks)
        return Act(event.ns, event.cpu, (hop, *more_hops), marks, None, "timer", event.line, expiry=expiry)

    def act_of_softirq(self, event, frame):
        hop = Hop("softirq", frame.name, frame.cpu, None, frame.ns)
        raised = frame.raised
        task = self.task(event.tid, event.cpu)
        hops = (hop,)
        if re.match(r"(ksoftirqd|ktimers)/", task.comm or event.comm):
            # It may have run already when the softirq was raised.
            came = task.since if raised and task.since and task.since >= raised.ns else frame.ns
            hops = (Hop("task", event.comm, event.cpu, event.tid, came), hop)
        if frame.timer:
            marks = raised.marks[-1:] if raised and raised.marks and raised.marks[-1][0] == "irq_entry" else ()
            if raised:
                marks = (*marks, ("softirq_delay", raised.ns))
            return self.act_of_timer(event, frame.timer, (*marks, ("softirq_run", frame.ns)), hops)
        if raised is None:
            return Act(event.ns, event.cpu, hops, (("softirq_run", frame.ns),), None, "softirq", event.line, certain=False)
        return Act(event.ns, event.cpu, hops, (("softirq_delay", raised.ns), ("softirq_run", frame.ns)), raised, "softirq",
                   event.line)

    def act_of_work(self, event, task):
        function, started, queued = task.work
        hop = Hop("work", function, event.cpu, event.tid, started)
        if queued is None:
            return Act(event.ns, event.cpu, (hop,), (("work_run", started),), None, "unknown", event.line, certain=False)
        return Act(event.ns, event.cpu, (hop,), (("work_delay", queued.ns), ("work_run", started)), queued, "work", event.line)

    def act_of_task(self, event, task):
        if event.tid in self.vcpu_tids:
            hop = Hop("task", event.comm, event.cpu, event.tid, event.ns)
            return Act(event.ns, event.cpu, (hop,), (), None, "guest_ipi", event.line, tid=event.tid)
        if task.run is None:
            hop = Hop("task", event.comm, event.cpu, event.tid, event.ns)
            return Act(event.ns, event.cpu, (hop,), (), None, "task", event.line, tid=event.tid)
        hop = Hop("task", event.comm, event.cpu, event.tid, task.since)
        delay = () if task.early else (("task_delay", task.run.ns),)
        return Act(event.ns, event.cpu, (hop,), (*delay, ("task_run", task.since)), task.run, "task", event.line,
                   since=task.since, tid=event.tid)

    # Interrupts

    def on_irq_handler_entry(self, event):
        self.left.pop(event.cpu, None)
        self.irqs.setdefault(event.cpu, []).append(Frame(event["irq_name"], event.ns, event.cpu, irq=event["irq"]))

    def on_irq_handler_exit(self, event):
        frames = self.irqs.get(event.cpu)
        if frames:
            self.left[event.cpu] = frames.pop()

    def on_local_timer_entry(self, event):
        self.irqs.setdefault(event.cpu, []).append(Frame("local_timer", event.ns, event.cpu, irq=-1))

    on_local_timer_exit = on_irq_handler_exit

    def on_ipi_entry(self, event):
        frames = self.irqs.get(event.cpu)
        if frames and frames[-1].name == "IPI":
            frames[-1].name = "IPI " + event["reason"]

    # Softirqs: of the task that runs them, because on PREEMPT_RT that task may be preempted in between

    def on_softirq_raise(self, event):
        self.raised.setdefault((event.cpu, event["vector"]), self.act(event))

    def on_softirq_entry(self, event):
        raised = self.raised.pop((event.cpu, event["vector"]), None)
        task = self.task(event.tid, event.cpu)
        task.softirqs.append(Frame(event["vector"], event.ns, event.cpu, raised=raised))

    def on_softirq_exit(self, event):
        frames = self.task(event.tid, event.cpu).softirqs
        if frames:
            frames.pop()

    # Timers

    def frame(self, event):
        if event.in_hardirq:
            return self.open_irq(event.cpu)
        softirqs = self.task(event.tid, event.cpu).softirqs
        return softirqs[-1] if softirqs else None

    def on_hrtimer_start(self, event):
        self.timers[event["timer"]] = event["soft"]

    def on_hrtimer_expire_entry(self, event):
        frame = self.frame(event)
        # `now` is in the timer's own clock: where that is not CLOCK_MONOTONIC, neither is its expiry, and the text does not
        # hold the offset.
        monotonic = abs(event["now"] - event.ns) < CLOCKS_APART_NS
        if frame:
            expiry = self.timers.get(event["timer"]) if monotonic else None
            frame.timer = (expiry, event["function"], event.ns)

    def on_hrtimer_expire_exit(self, event):
        frame = self.frame(event)
        if frame:
            frame.timer = None

    # Work

    def on_workqueue_queue_work(self, event):
        self.queued[event["work"]] = self.act(event)

    def on_workqueue_execute_start(self, event):
        task = self.task(event.tid, event.cpu)
        task.work = (event["function"], event.ns, self.queued.pop(event["work"], None))

    def on_workqueue_execute_end(self, event):
        self.task(event.tid, event.cpu).work = None

    on_sched_kthread_work_queue_work = on_workqueue_queue_work
    on_sched_kthread_work_execute_start = on_workqueue_execute_start
    on_sched_kthread_work_execute_end = on_workqueue_execute_end

    # Tasks

    def on_sched_waking(self, event):
        task = self.task(event["pid"], event.cpu)
        task.woken, task.early, task.settled = self.act(event), task.cpu is not None, False
        # It had said that it would sleep, or there were no sched_waking (try_to_wake_up), and goes on because of this.
        if task.early:
            task.run, task.since = task.woken, event.ns

    def on_sched_wakeup(self, event):
        self.task(event["pid"], event.cpu).settled = True

    def on_sched_switch(self, event):
        current, since = self.switched.get(event.cpu, (event["prev"], event.ns))
        if current != event["prev"]:
            self.holes.append((event.cpu, since, event.ns))
        self.switched[event.cpu] = (event["next"], event.ns)
        leaving = self.task(event["prev"], event.cpu)
        leaving.cpu = None
        if not str(event["state"]).startswith("R"):
            leaving.run = leaving.since = None
            # On another CPU its waking may overtake its going to sleep: then its wakeup comes after.
            if leaving.settled:
                leaving.woken = None
        coming = self.task(event["next"], event.cpu)
        coming.cpu, coming.comm = event.cpu, event["next_comm"]
        if coming.woken:
            coming.run, coming.since, coming.woken, coming.early = coming.woken, event.ns, None, False
