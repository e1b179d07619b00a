# SPDX-License-Identifier: GPL-2.0-or-later
"""wakepath's wakes against the oracle's, one by one."""

import bisect
from dataclasses import dataclass, field

import report
from causes import ROUNDING_NS
from chains import AT_ONCE_NS, EARLY_OR_NOT

# Two readings of one wake: in plain mode the emulator may be off its CPU between the two tracers' clock reads.
PARTNER_NS = 3_000_000
# Where the emulator runs as the machine lets it, a CPU may be taken away between the two tracers' stamps of one event.
STOLEN_NS = 20_000_000
# The flags of a wake that ftrace tells as well.
FLAGS = ("early", "halt_poll", "reblocked", "preempted")
CPU_IDLE_EXIT = 4294967295


@dataclass
class Verdict:
    compared: int = 0
    deliveries: int = 0  # of the compared
    cut: int = 0
    lossy: int = 0
    hidden: int = 0
    untold: int = 0  # polls whose end one of the two says that it can't explain
    again: int = 0  # deliveries of a deadline that had been delivered
    boundaries: int = 0
    interleaved: int = 0
    worst_ns: int = 0
    worst: str = ""
    disagreements: list = field(default_factory=list)
    apart_ns: int = 0  # the most that two stamps of one event are apart
    told: tuple | None = None  # timers by ftrace, timers that the guest reported, vCPUs


def first_ns(wake):
    return next(begin for name, begin, _ in wake.stages if name in ("wake_delay", "poll_exit", "vcpu_entry")) \
        if wake.stages else wake.end


def partners(mine, theirs, edges_of_mine, edges_of_theirs, within_ns):
    """Pairs (oracle's or None, wakepath's or None) of one thread, by the nearer of their two edges, the nearest first."""
    by_tid = {}
    for number, other in enumerate(theirs):
        by_tid.setdefault(other["tid"], []).append((edges_of_theirs(other), number))
    near = []
    for number, one in enumerate(mine):
        edges = edges_of_mine(one)
        for there, other in by_tid.get(one.tid, ()):
            apart = min(abs(a - b) for a, b in zip(edges, there))
            if apart <= within_ns:
                near.append((apart, number, other))
    left, right = dict(enumerate(mine)), dict(enumerate(theirs))
    pairs = []
    for _, number, other in sorted(near):
        if number in left and other in right:
            pairs.append((left.pop(number), right.pop(other)))
    return pairs + [(one, None) for one in left.values()] + [(None, other) for other in right.values()]


def edges_of_wake(wake):
    return first_ns(wake), wake.end


def edges_of_line(line):
    return report.waking(line), line["end_ns"]


class Comparison:
    """slack_ns: how far apart two stamps of one event may be; None: only order and path count."""

    def __init__(self, captured, slack_ns, holes=(), events=(), at_once_ns=AT_ONCE_NS):
        self.captured, self.slack, self.holes, self.events = captured, slack_ns, holes, events
        self.at_once_ns = at_once_ns
        self.edge_slack = slack_ns or STOLEN_NS
        self.verdict = Verdict()

    def run(self, mine, deliveries):
        self.hold(mine, self.captured.wakes, edges_of_wake, self.problems)
        self.verdict.deliveries = -self.verdict.compared
        self.hold(deliveries, self.captured.deliveries, lambda one: (one.end,), self.problems_of_delivery)
        self.verdict.deliveries += self.verdict.compared
        return self.verdict

    def hold(self, mine, theirs, edges, problems_of):
        edges_there = edges_of_line if edges is edges_of_wake else lambda line: (line["end_ns"],)
        within_ns = PARTNER_NS if self.slack else STOLEN_NS
        for wake, other in partners(mine, theirs, edges, edges_there, within_ns):
            # Nobody sees at the interrupt that it is the same deadline's.
            if getattr(wake, "again", False):
                self.verdict.again += 1
                continue
            if self.cut(wake, other):
                self.verdict.cut += 1
                continue
            # wakepath says itself that it can't vouch for these.
            if other is not None and {"lossy", "missed_program"} & set(other["flags"]):
                self.verdict.lossy += 1
                continue
            if self.hidden(wake, other):
                self.verdict.hidden += 1
                continue
            if self.slack is None and self.untold(wake, other):
                self.verdict.untold += 1
                continue
            problems = problems_of(wake, other)
            seconds = getattr(wake, "others", ()) if self.slack is None and other is not None else ()
            if problems and any(not problems_of(second, other) for second in seconds):
                problems = []
            self.verdict.compared += 1
            if wake is not None and other is not None:
                self.verdict.apart_ns = max(self.verdict.apart_ns, stamps_apart(wake, other))
            if problems:
                self.verdict.disagreements.append((problems, wake, other))

    def cut(self, wake, other):
        """wakepath need not know a wake that began before its capture or ended after it."""
        if wake is None or other is not None and "cut" not in other["flags"]:
            return False
        inside = self.captured.begin + self.edge_slack < wake.begin and wake.end < self.captured.end - self.edge_slack
        return not inside or other is not None and not getattr(wake, "certain", True)

    @staticmethod
    def untold(wake, other):
        """Which side of the poll's begin or end a kick lies on decides whether it can have ended it: where two tracers differ
        in that, one of them knows nothing, and so says nothing wrong."""
        if wake is None or other is None or "halt_poll" not in getattr(wake, "flags", ()) or "halt_poll" not in other["flags"]:
            return False
        return (wake.root == "unknown") != (other["root"]["kind"] == "unknown")

    def hidden(self, wake, other):
        """A switch to the vCPU that ftrace does not have ends its wake elsewhere: where wakepath sees it counts too."""
        spans = set()
        if wake is not None:
            spans |= {(hop.cpu, wake.begin, wake.end) for hop in wake.hops}
        if other is not None:
            spans |= {(place["cpu"], other["begin_ns"], other["end_ns"]) for place in other.get("hops") or other["stages"]}
        return any(cpu == hole_cpu and begin <= to and since <= end
                   for cpu, begin, end in spans for hole_cpu, since, to in self.holes)

    def problems(self, wake, other):
        if other is None:
            return ["wakepath has no such wake"]
        if wake is None:
            return ["ftrace shows no such wake"]
        found = []
        self.same(found, "path", wake.path, other["path"])
        self.same(found, "root kind", wake.root, other["root"]["kind"])
        self.same(found, "end", wake.ends_at, other["ends_at"])
        if wake.vcpu is not None:
            self.same(found, "vCPU", wake.vcpu, other["vcpu"])
        for flag in FLAGS:
            if flag == "early" and self.slack is None and EARLY_OR_NOT in wake.flags:
                continue
            # A thread that ends before it enters its guest has no wake to be preempted in.
            if flag == "preempted" and "no_entry" in wake.flags:
                continue
            self.same(found, flag, flag in wake.flags, flag in other["flags"])
        if "cut" in other["flags"]:
            found.append("wakepath says cut, but all of it lies within the capture")
        mine = [(hop.kind, hop.name, hop.cpu, hop.tid) for hop in wake.hops]
        theirs = [(hop["kind"], hop["name"], hop["cpu"], hop["tid"]) for hop in other["hops"]]
        if self.slack is None and "poll_exit" in self.near_stages(wake, other):
            # The CPU that the vCPU was on when it was woken depends on which of the two events came first.
            mine[-1], theirs[-1] = ((kind, name, None, tid) for kind, name, _, tid in (mine[-1], theirs[-1]))
        self.same(found, "hops", mine, theirs)
        if not found:
            self.same(found, "stages", *self.stage_names(wake, other))
        if not found and self.slack is not None:
            self.boundaries(found, wake, other)
        return found

    def problems_of_delivery(self, mine, other):
        if other is None:
            return ["wakepath has no such delivery"]
        if mine is None:
            return ["ftrace shows no such delivery"]
        found = []
        self.same(found, "vCPU", mine.vcpu, other["vcpu"])
        mine_names, names = [name for name, _, _ in mine.stages], [stage["name"] for stage in other["stages"]]
        # A deadline that passed just when the vCPU came back lies before that for one and after it for the other.
        off = [end - begin for name, begin, end in mine.stages if name == "deschedule"]
        off += [stage["end_ns"] - stage["begin_ns"] for stage in other["stages"] if stage["name"] == "deschedule"]
        if self.slack is None and mine_names != names and all(length <= self.at_once_ns for length in off):
            mine_names, names = ([name for name in side if name != "deschedule"] for side in (mine_names, names))
        else:
            self.same(found, "preempted", "preempted" in mine.flags, "preempted" in other["flags"])
        self.same(found, "stages", mine_names, names)
        if not found and self.slack is not None:
            for (name, begin, _), stage in zip(mine.stages, other["stages"]):
                self.near(found, f"begin of {name}", begin, stage["begin_ns"])
            self.near(found, "end", mine.end, other["end_ns"])
        return found

    @staticmethod
    def same(found, what, mine, theirs):
        if mine != theirs:
            found.append(f"{what}: {mine} by ftrace, {theirs} by wakepath")

    def stage_names(self, wake, other):
        mine, theirs = [name for name, _, _ in wake.stages], [stage["name"] for stage in other["stages"]]
        if mine != theirs:
            near = self.near_stages(wake, other)
            mine, theirs = ([name for name in names if name not in near] for names in (mine, theirs))
        return mine, theirs

    def near_stages(self, wake, other):
        """The stages that two true readings of one wake may have or not, because their ends are as good as one."""
        near = set()
        # An expiry between the two tracers' stamps of the interrupt's entry is before it for one and after it for the other.
        if wake.expiry is not None:
            entries = [begin for name, begin, _ in wake.stages if name != "timer_latency"][:1]
            entries += [stage["begin_ns"] for stage in other["stages"] if stage["name"] != "timer_latency"][:1]
            if any(abs(wake.expiry - entry) <= self.edge_slack for entry in entries):
                near.add("irq_entry")
            # The same of an expiry and the raise of the softirq that runs its timer.
            raises = [begin for name, begin, _ in wake.stages if name == "softirq_delay"]
            raises += [stage["begin_ns"] for stage in other["stages"] if stage["name"] == "softirq_delay"]
            if any(abs(wake.expiry - begin) <= self.edge_slack for begin in raises):
                near.add("softirq_delay")
        # A waking on one CPU and the end of the sleep's loop on another.
        polls = [end - begin for name, begin, end in wake.stages if name == "poll_exit"]
        polls += [stage["end_ns"] - stage["begin_ns"] for stage in other["stages"] if stage["name"] == "poll_exit"]
        if any(length <= (self.slack or self.at_once_ns) for length in polls):
            near.add("poll_exit")
        return near

    def boundaries(self, found, wake, other):
        if wake.expiry is not None:
            # The one time that the text has in nanoseconds.
            self.same(found, "expiry", wake.expiry, other["root"]["expiry_ns"])
            self.same(found, "begin", wake.expiry, other["begin_ns"])
            self.same(found, "begin of timer_latency", wake.expiry, other["stages"][0]["begin_ns"])
        if len(wake.stages) == len(other["stages"]):
            for (name, begin, _), stage in zip(wake.stages, other["stages"]):
                if name == "timer_latency" or begin is None:
                    continue
                self.near(found, f"begin of {name}", begin, stage["begin_ns"])
        self.near(found, "end", wake.end, other["end_ns"])
        for hop, there in zip(wake.hops, other["hops"]):
            self.near(found, f"hop {hop.kind} {hop.name}", hop.ns, there["at_ns"])

    def near(self, found, what, mine, theirs):
        self.verdict.boundaries += 1
        off = abs(theirs - mine)
        if off > self.slack and self.interleaved(mine, theirs):
            self.verdict.interleaved += 1
            return
        if off > self.verdict.worst_ns:
            self.verdict.worst_ns, self.verdict.worst = off, what
        if off > self.slack:
            found.append(f"{what}: {mine} by ftrace, {theirs} by wakepath, {off} ns apart, {self.slack} allowed")

    def interleaved(self, mine, theirs):
        """The instruction clock runs the CPUs in turn: where another one is awake, its turn may come between the two tracers'
        readings of one event. They still lie between this event and the next of that CPU. So may an interrupt, if it is whole
        and lasts that long."""
        if theirs <= mine:
            return False
        first = bisect.bisect_left(self.events, mine, key=lambda event: event.ns)
        last = bisect.bisect_right(self.events, theirs + ROUNDING_NS, key=lambda event: event.ns)
        return any(self.explained(start, self.events[at + 1:last], theirs)
                   for at, start in enumerate(self.events[first:last], first) if start.ns == mine)

    def explained(self, start, between, theirs):
        same_cpu = [event for event in between if event.cpu == start.cpu]
        surely = sum(event.ns < theirs - ROUNDING_NS for event in same_cpu)
        # The text rounds: an event that is so near to wakepath's reading may have come before it or after.
        return any(self.interrupted(start, same_cpu[:length], between, theirs) if length else self.another_awake(start, between)
                   for length in range(surely, len(same_cpu) + 1))

    def interrupted(self, start, events, between, theirs):
        if not whole_interrupt(events):
            return False
        begin, end = events[0].ns, events[-1].ns
        rest = begin - start.ns + max(0, theirs - end)
        return rest <= self.slack + ROUNDING_NS or \
            self.another_awake(start, [event for event in between if not begin <= event.ns <= end])

    def another_awake(self, start, between):
        if any(event.cpu != start.cpu for event in between):
            return True
        at = bisect.bisect_left(self.events, start.ns, key=lambda event: event.ns)
        before = next((event for event in reversed(self.events[:at]) if event.cpu != start.cpu), None)
        return before is not None and not (before.name == "cpu_idle" and before["state"] != CPU_IDLE_EXIT)


def whole_interrupt(events):
    """Whether the CPU was in interrupts, and softirqs behind them, all the time."""
    depth = 0
    for event in events:
        if event.name in ("irq_handler_entry", "local_timer_entry", "ipi_entry", "softirq_entry"):
            depth += 1
        elif depth == 0:
            return False
        elif event.name in ("irq_handler_exit", "local_timer_exit", "ipi_exit", "softirq_exit"):
            depth -= 1
    return depth == 0


def stamps_apart(wake, other):
    """How far apart the two tracers' stamps of one event are, at most, in a wake that both tell. In plain mode this says how
    long the emulator was off its CPU between the two."""
    theirs = {(stage["name"], number): stage["begin_ns"] for number, stage in enumerate(other["stages"])}
    apart = [abs(begin - theirs[name, number]) for number, (name, begin, _) in enumerate(wake.stages)
             if begin is not None and (name, number) in theirs]
    if getattr(wake, "ends_at", None) == other.get("ends_at"):
        apart.append(abs(wake.end - other["end_ns"]))
    return max(apart, default=0)


def sleeps_apart(sleeps, captured, within_ns=STOLEN_NS):
    """The same of the switches by which vCPUs went to sleep; sleeps: by thread, as ftrace tells them. wakepath tells one as the
    end of the run that a wake began."""
    apart = 0
    for wake in captured.wakes:
        mine = sleeps.get(wake["tid"])
        if not mine or wake["ran_ns"] is None:
            continue
        slept = wake["end_ns"] + wake["ran_ns"]
        at = bisect.bisect_left(mine, slept)
        nearest = min(abs(slept - ns) for ns in mine[max(0, at - 1):at + 1])
        if nearest <= within_ns:
            apart = max(apart, nearest)
    return apart


def side_by_side(problems, wake, other):
    lines = ["disagreement: " + "; ".join(problems)]
    rows = [("", "ftrace", "wakepath")]
    rows.append(("path", getattr(wake, "path", "a delivery") if wake else "-", other.get("path", "a delivery") if other else "-"))
    rows.append(("thread, flags", f"{wake.tid} {sorted(wake.flags)}" if wake else "-",
                 f"{other['tid']} {other['flags']}" if other else "-"))
    mine = [(name, begin, end) for name, begin, end in wake.stages] if wake else []
    theirs = [(s["name"], s["begin_ns"], s["end_ns"]) for s in other["stages"]] if other else []
    for index in range(max(len(mine), len(theirs))):
        cells = [f"{stages[index][0]} {stages[index][1]}" if index < len(stages) else "-" for stages in (mine, theirs)]
        rows.append((f"stage {index}", *cells))
    rows.append(("end", wake.end if wake else "-", other["end_ns"] if other else "-"))
    hops = [[(h.kind, h.name, h.cpu, h.tid, h.ns) for h in wake.hops] if wake else [],
            [(h["kind"], h["name"], h["cpu"], h["tid"], h["at_ns"]) for h in other.get("hops", [])] if other else []]
    for index in range(max(map(len, hops))):
        rows.append((f"hop {index}", *(" ".join(map(str, side[index])) if index < len(side) else "-" for side in hops)))
    lines += [f"  {what:14} {left:60} {right}" for what, left, right in rows]
    if wake:
        lines.append(f"  the trace's lines {wake.lines[0]} to {wake.lines[1]}")
    return "\n".join(lines)
