#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds wakepath's NDJSON against ftrace's text of the same run, wake by wake.

Reads what record.sh left in DIRECTORY: NAME.ndjson, NAME.trace and NAME.stats for each case. Exit code 1 if a wake
differs, 2 if none does but a recording is unfit to tell, 77 if this host hides too many tasks from tracing.
"""

import argparse
import pathlib
import sys

import compare
import cost
import ftrace
import report
import wakes
from causes import ROUNDING_NS
from chains import AT_ONCE_NS

# The two runs whose difference is ftrace's cost.
TRACED, QUIET = "timer", "quiet"
SHOWN = 5


# The share of all wakes that may be left out because the host hides a task from tracing.
HIDDEN = 0.3
GOOD, WRONG, UNFIT, HIDDEN_BY_HOST = 0, 1, 2, 77  # exit codes
# The share of all boundaries between whose two readings another CPU may have had its turn, or an interrupt may have come.
INTERLEAVED = 0.01


def read_case(directory, name):
    events = ftrace.read(directory / f"{name}.trace", directory / f"{name}.stats")
    captured = report.read(directory / f"{name}.ndjson")
    return events, wakes_of(events, captured), captured


def wakes_of(events, captured, at_once_ns=AT_ONCE_NS):
    mine = wakes.Wakes(events, 1e9 / (captured.header["counter_hz"] or 1e9), at_once_ns)
    mine.read()
    return mine


def costs(directory):
    """The cost of an event for wakepath and for ftrace: see cost.py."""
    events, mine, traced = read_case(directory, TRACED)
    quiet = report.read(directory / f"{QUIET}.ndjson")
    return cost.of_wakepath(traced), cost.of_ftrace(events, mine.wakes, traced, quiet)


def slack_ns(ours, theirs):
    return round(ROUNDING_NS + 2 * (ours + theirs))


def judge(directory, name, slack, hidden_tasks=False):
    events, mine, captured = read_case(directory, name)
    if mine.holes and not hidden_tasks:
        raise ftrace.Unfit(f"{len(mine.holes)} task switches are missing, the first on CPU {mine.holes[0][0]} before "
                           f"{mine.holes[0][2]}")
    verdict = compare.Comparison(captured, slack, mine.holes, events).run(mine.wakes, mine.deliveries)
    if slack is None:
        verdict.apart_ns = max(verdict.apart_ns, compare.sleeps_apart(mine.sleeps, captured))
    if slack is None and verdict.disagreements and verdict.apart_ns > AT_ONCE_NS:
        # The emulator was off its CPU for so long between two stamps of one event. Two events of two CPUs within that time may
        # have another order for each tracer.
        at_once_ns = verdict.apart_ns
        mine = wakes_of(events, captured, at_once_ns)
        verdict = compare.Comparison(captured, slack, mine.holes, events, at_once_ns).run(mine.wakes, mine.deliveries)
    verdict.told = reports(mine, captured)
    return verdict, captured


def reports(mine, captured):
    """The timers that the guest reported, and those that ftrace tells: the oracle itself is held to the truth."""
    if not any(wake["guest_lateness_ns"] is not None for wake in captured.wakes):
        return None
    told = sum("reblocked" not in wake.flags for wake in mine.wakes) + \
        sum(not delivery.again for delivery in mine.deliveries)
    return told, captured.summary["guest_reports"], len({wake.tid for wake in mine.wakes})


def complaints(verdict, min_wakes, lossy=0.1):
    if verdict.disagreements:
        yield f"{len(verdict.disagreements)} disagree"
    if verdict.interleaved > INTERLEAVED * verdict.boundaries:
        yield f"something lay between the two readings of {verdict.interleaved} of {verdict.boundaries} boundaries: too many"
    if hides_too_much(verdict):
        return
    if verdict.compared < min_wakes:
        yield f"fewer than {min_wakes} were compared: nothing is shown by it"
    if verdict.lossy > lossy * (verdict.compared + verdict.lossy):
        yield f"{verdict.lossy} lossy: too many were left out"


def miscounted(verdict):
    """A sentence if ftrace tells another number of timers than the guest reported; else nothing."""
    if not verdict.told:
        return ""
    told, reported, vcpus = verdict.told
    # Each vCPU may have one on its way when the capture ends.
    if 0 <= told - reported <= vcpus:
        return ""
    return f"the guest reported {reported} timers, by ftrace there were {told}"


def hides_too_much(verdict):
    """One hidden task that stays on its CPU hides all that a case has: then it shows nothing, for or against."""
    return verdict.hidden > HIDDEN * (verdict.compared + verdict.lossy + verdict.hidden)


def judged(directory, name, slack, args):
    try:
        verdict, _ = judge(directory, name, slack, args.hidden_tasks)
    except ftrace.Unfit as error:
        print(f"{name}: unfit: {error}")
        return UNFIT
    wrong = list(complaints(verdict, args.min_wakes, args.lossy))
    count = "" if hides_too_much(verdict) else miscounted(verdict)
    if count and slack is not None:
        wrong.append(f"{count}: the oracle is wrong")
    told = (f"{verdict.compared - verdict.deliveries} wakes, {verdict.deliveries} deliveries compared, {verdict.cut} cut, "
            f"{verdict.lossy} lossy, {verdict.hidden} hidden, {verdict.untold} polls that only one tells")
    if slack is not None:
        told += f", {verdict.boundaries} boundaries, the worst {verdict.worst_ns} ns apart ({verdict.worst})"
        told += f", {verdict.interleaved} with something between the two readings"
    print(f"{name}: {told}: {'; '.join(wrong) or 'agreed'}")
    for disagreement in verdict.disagreements[:SHOWN]:
        print(compare.side_by_side(*disagreement))
    if len(verdict.disagreements) > SHOWN:
        print(f"... and {len(verdict.disagreements) - SHOWN} more")
    if count and not wrong:
        # The emulator may have stood still between two steps of the guest. The instruction clock judges the oracle.
        print(f"{name}: unfit: {count}")
        return UNFIT
    return WRONG if wrong else HIDDEN_BY_HOST if hides_too_much(verdict) else GOOD


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--icount", action="store_true", help="recorded in the instruction clock: times count too")
    parser.add_argument("--min-wakes", type=int, default=50, help="that each case must have (default %(default)s)")
    parser.add_argument("--lossy", type=float, default=0.1,
                        help="share of all wakes that wakepath may say it can't vouch for (default %(default)s)")
    parser.add_argument("--verdicts", type=pathlib.Path, metavar="FILE", help="writes NAME and exit code of each case there")
    parser.add_argument("--hidden-tasks", action="store_true",
                        help="this host hides the switches of some tasks from all tracing: leave out the wakes that one of "
                        "them may have had a part in")
    args = parser.parse_args()
    names = sorted(path.stem for path in args.directory.glob("*.stats"))
    if not names:
        print(f"{args.directory} holds no recording", file=sys.stderr)
        return 1
    try:
        slack = None
        if args.icount:
            ours, theirs = costs(args.directory)
            slack = slack_ns(ours, theirs)
            print(f"cost of an event: wakepath {ours:.0f} ns, ftrace {theirs:.0f} ns; stamps may be {slack} ns apart")
    except (ftrace.Unfit, OSError) as error:
        print(f"unfit: {error}")
        return UNFIT
    verdicts = {name: judged(args.directory, name, slack, args) for name in names}
    if args.verdicts:
        args.verdicts.write_text("".join(f"{name} {code}\n" for name, code in verdicts.items()), encoding="utf-8")
    seen = set(verdicts.values())
    if seen == {HIDDEN_BY_HOST}:
        print("this host hides too many tasks from tracing: nothing is shown")
    return next((code for code in (WRONG, UNFIT, GOOD) if code in seen), HIDDEN_BY_HOST)


if __name__ == "__main__":
    sys.exit(main())
