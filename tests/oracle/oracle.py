#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds wakepath's NDJSON against ftrace's text of the same run, wake by wake.

Reads what record.sh left in DIRECTORY: NAME.ndjson, NAME.trace and NAME.stats for each case. Exit code 1 if a wake
differs, or if a recording is unfit to tell.
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

# The two runs whose difference is ftrace's cost.
TRACED, QUIET = "timer", "quiet"
SHOWN = 5


# Of all wakes, that may be left out because wakepath says that it can't vouch for them, or a task is hidden from tracing.
LEFT_OUT = 0.1
# Of all boundaries, between whose two readings another CPU may have had its turn.
INTERLEAVED = 0.01


def read_case(directory, name):
    events = ftrace.read(directory / f"{name}.trace", directory / f"{name}.stats")
    mine = wakes.Wakes(events)
    mine.read()
    return events, mine, report.read(directory / f"{name}.ndjson")


def slack(directory):
    """By the cost of both tracers, in the instruction clock: see cost.py."""
    events, mine, traced = read_case(directory, TRACED)
    ours = cost.of_wakepath(traced)
    theirs = cost.of_ftrace(events, mine.wakes, traced, report.read(directory / f"{QUIET}.ndjson"))
    allowed = round(ROUNDING_NS + 2 * (ours + theirs))
    print(f"cost of an event: wakepath {ours:.0f} ns, ftrace {theirs:.0f} ns; stamps may be {allowed} ns apart")
    return allowed


def judge(directory, name, slack_ns, hidden_tasks=False):
    events, mine, captured = read_case(directory, name)
    if mine.holes and not hidden_tasks:
        raise ftrace.Unfit(f"{len(mine.holes)} task switches are missing, the first on CPU {mine.holes[0][0]} before "
                           f"{mine.holes[0][2]}")
    return compare.Comparison(captured, slack_ns, mine.holes, events).run(mine.wakes), captured


def complaints(verdict, min_wakes):
    if verdict.disagreements:
        yield f"{len(verdict.disagreements)} disagree"
    if verdict.interleaved > INTERLEAVED * verdict.boundaries:
        yield f"another CPU's turn lay in {verdict.interleaved} of {verdict.boundaries} boundaries: too many"
    if verdict.compared < min_wakes:
        yield f"fewer than {min_wakes} were compared: nothing is shown by it"
    left_out = verdict.lossy + verdict.hidden
    if left_out > LEFT_OUT * (verdict.compared + left_out):
        yield f"{verdict.lossy} lossy, {verdict.hidden} hidden: too many were left out"


def judged(directory, name, slack_ns, args):
    try:
        verdict, _ = judge(directory, name, slack_ns, args.hidden_tasks)
    except ftrace.Unfit as error:
        print(f"{name}: unfit: {error}")
        return False
    wrong = list(complaints(verdict, args.min_wakes))
    told = f"{verdict.compared} wakes compared, {verdict.cut} cut, {verdict.lossy} lossy, {verdict.hidden} hidden"
    if slack_ns is not None:
        told += f", {verdict.boundaries} boundaries, the worst {verdict.worst_ns} ns apart ({verdict.worst})"
        told += f", {verdict.interleaved} with another CPU's turn in them"
    print(f"{name}: {told}: {'; '.join(wrong) or 'agreed'}")
    for disagreement in verdict.disagreements[:SHOWN]:
        print(compare.side_by_side(*disagreement))
    if len(verdict.disagreements) > SHOWN:
        print(f"... and {len(verdict.disagreements) - SHOWN} more")
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--icount", action="store_true", help="recorded in the instruction clock: times count too")
    parser.add_argument("--min-wakes", type=int, default=50, help="that each case must have (default %(default)s)")
    parser.add_argument("--hidden-tasks", action="store_true",
                        help="this host hides the switches of some tasks from all tracing: leave out the wakes that one of "
                        "them may have had a part in")
    args = parser.parse_args()
    names = sorted(path.stem for path in args.directory.glob("*.stats"))
    if not names:
        print(f"{args.directory} holds no recording", file=sys.stderr)
        return 1
    try:
        slack_ns = slack(args.directory) if args.icount else None
    except (ftrace.Unfit, OSError) as error:
        print(f"unfit: {error}")
        return 1
    good = [judged(args.directory, name, slack_ns, args) for name in names]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
