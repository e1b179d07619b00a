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

# The two runs whose difference is ftrace's cost.
TRACED, QUIET = "timer", "quiet"
SHOWN = 5


def read_case(directory, name):
    events = ftrace.read(directory / f"{name}.trace", directory / f"{name}.stats")
    return events, wakes.Wakes(events).read(), report.read(directory / f"{name}.ndjson")


def slack(directory):
    """By the cost of both tracers, in the instruction clock: see cost.py."""
    events, mine, traced = read_case(directory, TRACED)
    ours = cost.of_wakepath(traced)
    theirs = cost.of_ftrace(events, mine, traced, report.read(directory / f"{QUIET}.ndjson"))
    allowed = round(compare.ROUNDING_NS + 2 * (ours + theirs))
    print(f"cost of an event: wakepath {ours:.0f} ns, ftrace {theirs:.0f} ns; stamps may be {allowed} ns apart")
    return allowed


def judge(directory, name, slack_ns):
    _, mine, captured = read_case(directory, name)
    verdict = compare.Comparison(captured, slack_ns).run(mine)
    return verdict, captured


def judged(directory, name, slack_ns, min_wakes):
    try:
        verdict, _ = judge(directory, name, slack_ns)
    except ftrace.Unfit as error:
        print(f"{name}: unfit: {error}")
        return False
    bounds = "" if slack_ns is None else (f", {verdict.boundaries} boundaries, the worst {verdict.worst_ns} ns apart"
                                          f" ({verdict.worst})")
    print(f"{name}: {verdict.compared} wakes compared, {verdict.cut} cut, {len(verdict.disagreements)} disagree{bounds}")
    for disagreement in verdict.disagreements[:SHOWN]:
        print(compare.side_by_side(*disagreement))
    if len(verdict.disagreements) > SHOWN:
        print(f"... and {len(verdict.disagreements) - SHOWN} more")
    if verdict.compared < min_wakes:
        print(f"{name}: that is fewer than {min_wakes}: nothing is shown by it")
    return not verdict.disagreements and verdict.compared >= min_wakes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--icount", action="store_true", help="recorded in the instruction clock: times count too")
    parser.add_argument("--min-wakes", type=int, default=50, help="that each case must have (default %(default)s)")
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
    good = [judged(args.directory, name, slack_ns, args.min_wakes) for name in names]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
