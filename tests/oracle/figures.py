# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures of one recording, for the accuracy table."""

import bisect
import statistics
from dataclasses import dataclass

import oracle
import report
from ftrace import Unfit


NEAR_NS = 100_000


@dataclass
class Residue:
    """The time between guest entry, as wakepath saw it, and the guest's own reading of its counter."""

    median_ns: float
    worst_ns: float  # the furthest from the median
    within: float  # the share that is no further from it than NEAR_NS
    excepted: int  # an exit lay in between, so it is not the cost of one entry


@dataclass
class Figures:
    kernel: str
    workload: str
    wakes: int
    complete: int
    disagree: int | None  # None: the recording was unfit
    why: str
    left_out: int
    residue: Residue | None
    unexplained: float | None  # share of all blame
    missing: list  # events that this kernel does not show


def residue_ns(wake):
    if wake["guest_lateness_ns"] is not None:
        return wake["guest_lateness_ns"] - wake["total_ns"]
    if wake.get("guest_woke_ns") is not None:
        return wake["guest_woke_ns"] - wake["end_ns"]
    return None


def reentered(events):
    """Whether a thread entered its guest again between `end_ns` and its next return to user space, which is its report."""
    entries, reports = {}, {}
    for event in events:
        if event.name in ("kvm_entry", "kvm_userspace_exit"):
            (entries if event.name == "kvm_entry" else reports).setdefault(event.tid, []).append(event.ns)

    def again(wake):
        of_tid = reports.get(wake["tid"], [])
        # The wake's own entry is stamped up to some microseconds before its end.
        at = bisect.bisect_right(of_tid, wake["end_ns"])
        stop = of_tid[at] if at < len(of_tid) else float("inf")
        between = [ns for ns in entries.get(wake["tid"], ()) if wake["end_ns"] < ns < stop]
        return bool(between)

    return again


def residue(captured, events):
    again = reentered(events)
    known = [(residue_ns(wake), again(wake)) for wake in captured.wakes
             if wake["complete"] and wake["ends_at"] == "kvm_entry" and residue_ns(wake) is not None]
    plain = [ns for ns, twice in known if not twice]
    if not plain:
        return None
    median = statistics.median(plain)
    near = sum(abs(ns - median) <= NEAR_NS for ns in plain)
    return Residue(median, max(plain, key=lambda ns: abs(ns - median)), near / len(plain), len(known) - len(plain))


def unexplained(captured):
    shares = {True: 0, False: 0}
    for wake in captured.wakes:
        for stage in wake["stages"] if wake["complete"] else ():
            for part in stage["blame"]:
                shares[part["kind"] == "unexplained"] += part["ns"]
    total = sum(shares.values())
    return shares[True] / total if total else None


def of(directory, name, slack, hidden_tasks=False):
    captured = report.read(directory / f"{name}.ndjson")
    disagree, why, left_out, found = None, "", 0, None
    try:
        verdict, _ = oracle.judge(directory, name, slack, hidden_tasks)
        disagree, left_out = len(verdict.disagreements), verdict.lossy + verdict.hidden
        found = residue(captured, oracle.read_case(directory, name)[0])
    except Unfit as error:
        why = str(error)
    return Figures(captured.header["kernel"], name, len(captured.wakes), sum(wake["complete"] for wake in captured.wakes),
                   disagree, why, left_out, found, unexplained(captured), captured.header["events_missing"])
