#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Cuts runs of lines out of trace text, and holds the wakes that wakepath then tells against those of the whole trace.

usage: cuts.py [--cuts N] [--seed N] [--only KIND] [--may-fail SHARE] [--keep DIRECTORY] TRACE...

Kinds of cuts:
  told-cpu    lines of one CPU; "CPU:1 [LOST 12 EVENTS]" stands before its next line, as the kernel prints it
  told-all    lines of all CPUs, each loss told likewise
  told-end    lines of one CPU, up to the trace's end
  hidden-cpu  lines of one CPU, and nothing says so
  hidden-all  lines of all CPUs, and nothing says so

Where losses are told: no complete wake touches one, and each complete wake stands in the whole trace, the same.
Where they are not: each complete wake stands in the whole trace, the same. What is left can be as consistent as if nothing
were missing, so a share of the cuts may fail; docs/trace-text.md has examples.
WAKEPATH names the program, WAKEPATH_CUTS is the default of N; TRACE may be packed by gzip.
"""
import argparse
import collections
import gzip
import json
import os
import random
import re
import subprocess
import sys
import tempfile

LINE = re.compile(r"^.{7,40}?\[(\d+)\].*? (\d+)\.(\d{6}): ")
TOLD = ["told-cpu", "told-all", "told-end"]
HIDDEN = ["hidden-cpu", "hidden-all"]


class Trace:
    def __init__(self, path):
        with (gzip.open if path.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
            self.lines = file.readlines()
        self.name = os.path.basename(path)
        self.events = []  # (line, CPU, time in us)
        for number, line in enumerate(self.lines):
            if found := LINE.match(line):
                self.events.append((number, int(found[1]), int(found[2] + found[3])))
        self.wakes = {}


def wakes_of(path):
    run = subprocess.run([os.environ["WAKEPATH"], "replay", path, "--format", "ndjson"], capture_output=True,
                         encoding="utf-8", check=False)
    if run.returncode != 0:
        sys.exit(f"{path}: exit code {run.returncode}: {run.stderr}")
    return [wake for wake in map(json.loads, run.stdout.splitlines()) if wake["type"] == "wake"]


def us(time_ns):
    return None if time_ns is None else time_ns // 1000


def essence(wake):
    """What has to be the same. Events that text gives one time are some ns apart, by their order."""
    stages = [(s["name"], us(s["begin_ns"]), us(s["end_ns"]), s["cpu"], s["actor"]) for s in wake["stages"]]
    root = wake["root"]
    return (wake["path"], root["kind"], root["cpu"], root["irq"], root["function"], us(root["expiry_ns"]), stages)


def differs(wake, whole):
    """None: it is the same. What is not known any more is no difference."""
    if whole is None:
        return "not in the whole trace"
    if essence(wake) != essence(whole):
        return f"differs: {essence(wake)} against {essence(whole)}"
    for name in ("blocked_ns", "ran_ns"):
        if wake[name] is not None and (whole[name] is None or abs(wake[name] - whole[name]) >= 1000):
            return f"{name}: {wake[name]} against {whole[name]}"
    return None


def cut(trace, kind, chance):
    """The lines that are left, and the losses: (CPU, begin, end) in us."""
    events = trace.events
    length = chance.choice([1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 300])
    first = chance.randrange(1, len(events) - 1)
    last = min(first + length, len(events) - 1)
    cpus = {event[1] for event in events[first:last]}
    if not kind.endswith("all"):
        cpus = {events[first][1]}
    if kind == "told-end":
        last = len(events)
    gone = [event for event in events[first:last] if event[1] in cpus]
    left = {number: line for number, line in enumerate(trace.lines)}
    losses = []
    for cpu in sorted(cpus):
        lost = [event for event in gone if event[1] == cpu]
        if not lost:
            continue
        for number, _, _ in lost:
            del left[number]
        before = [event for event in events[:first] if event[1] == cpu]
        after = next((event for event in events[last:] if event[1] == cpu), None)
        losses.append((cpu, before[-1][2] if before else 0, after[2] if after else float("inf")))
        if kind in TOLD:
            text = chance.choice([f"CPU:{cpu} [LOST {len(lost)} EVENTS]\n", f"CPU:{cpu} [LOST EVENTS]\n",
                                  f"CPU:{cpu} [{len(lost)} EVENTS DROPPED]\n"])
            if after:
                left[after[0]] = text + left[after[0]]
            else:
                left[len(trace.lines)] = text
    return [left[number] for number in sorted(left)], losses


def judge(trace, kind, losses, wakes, count):
    """What is wrong."""
    wrong = []
    seen = set()
    for wake in wakes:
        key = (wake["tid"], us(wake["end_ns"]))
        seen.add(key)
        count["told" if wake["complete"] else "told incomplete"] += 1
        if not wake["complete"]:
            continue
        touched = any(us(wake["begin_ns"]) < end and us(wake["end_ns"]) > begin for _, begin, end in losses)
        if touched and kind in TOLD:
            wrong.append(f"wake at {us(wake['begin_ns'])}..{us(wake['end_ns'])} us touches a loss and is complete")
        if why := differs(wake, trace.wakes.get(key)):
            wrong.append(f"wake at {us(wake['begin_ns'])}..{us(wake['end_ns'])} us: {why}")
    for key, wake in trace.wakes.items():
        touched = any(us(wake["begin_ns"]) < end and us(wake["end_ns"]) > begin for _, begin, end in losses)
        count["wakes"] += 1
        count["touched"] += touched
        if key not in seen:
            count["gone, touched" if touched else "gone, untouched"] += 1
        elif not touched:
            count["untouched, told"] += 1
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuts", type=int, default=60, help="$WAKEPATH_CUTS overrides it")
    parser.add_argument("--seed", type=int, default=15)
    parser.add_argument("--only", action="append", choices=TOLD + HIDDEN)
    parser.add_argument("--may-fail", type=float, default=0, help="share of the cuts that may fail")
    parser.add_argument("--keep", help="where the inputs that fail are put")
    parser.add_argument("trace", nargs="+")
    options = parser.parse_args()
    options.cuts = int(os.environ.get("WAKEPATH_CUTS", options.cuts))
    traces = [Trace(path) for path in options.trace]
    chance = random.Random(options.seed)
    kinds = options.only or TOLD
    counts = collections.defaultdict(collections.Counter)
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "trace.txt")
        for trace in traces:
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(trace.lines)
            trace.wakes = {(wake["tid"], us(wake["end_ns"])): wake for wake in wakes_of(path)}
            if not trace.wakes:
                sys.exit(f"{trace.name}: no wakes")
        for number in range(options.cuts):
            trace = traces[number % len(traces)]
            kind = kinds[number // len(traces) % len(kinds)]
            lines, losses = cut(trace, kind, chance)
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(lines)
            counts[kind]["cuts"] += 1
            wrong = judge(trace, kind, losses, wakes_of(path), counts[kind])
            counts[kind]["wrong"] += len(wrong)
            for what in wrong:
                print(f"cut {number} ({kind}, {trace.name}, {losses}): {what}")
            if wrong and options.keep:
                with open(os.path.join(options.keep, f"{number}.txt"), "w", encoding="utf-8") as file:
                    file.writelines(lines)
            failed += bool(wrong)
    for kind, count in counts.items():
        print(f"{kind}: " + ", ".join(f"{what} {many}" for what, many in count.items()))
    if failed > options.may_fail * options.cuts:
        sys.exit(f"{failed} of {options.cuts} cuts failed")


if __name__ == "__main__":
    main()
