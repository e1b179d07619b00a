#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what wakepath says of each provoked cause against the cause: judge.py PROGRAM DIRECTORY <ROWS

A row is NAME!FINDING!RULE: the first finding of the page of NAME.wkp begins with FINDING, and the rule of `explain` that took most
of its slowest wake is RULE; both are patterns. FINDING "-": the page has none. Beside what a finding foretells without its culprit
stands what NAME.gone.wkp has. Exit code 1 with a line for each that is wrong.
"""
import json
import os
import re
import subprocess
import sys


def run(*args):
    return subprocess.run(args, stdout=subprocess.PIPE, check=False, text=True).stdout


def lines_of(program, *args):
    return [json.loads(line) for line in run(program, *args, "--format", "ndjson").splitlines()]


def first_finding(program, file):
    """The first of the page, in one line."""
    page = run(program, "replay", file)
    if "WHAT IS WRONG" not in page:
        return "-"
    text = page.split("WHAT IS WRONG\n", 1)[1].split("\n\n", 1)[0]
    text = re.split(r"\n +(?:fix|note): |\n2 ", text)[0]
    return re.sub(r"^1 (?:ERROR|WARNING) +", "", " ".join(text.split()))


def p99_of(lines):
    rows = [row for row in lines[-1]["latency"] if row["vm"] == "*" and row["path"] == "*" and row["stage"].startswith("total")]
    return max(rows, key=lambda row: row["count"])["p99_ns"] if rows else None


def causes_of_worst(program, file):
    """Of the slowest wake that is not wakepath's own doing: on a host of one CPU it is in the way too."""
    for wake in lines_of(program, "replay", file)[-1]["slowest"]:
        causes = [line for line in lines_of(program, "explain", "--wake", str(wake["id"]), file) if line["type"] == "finding"]
        if causes and causes[0]["rule"] != "tracer":
            return causes
    return []


def us(ns):
    return "-" if ns is None else f"{ns / 1000:.1f}us"


def foretold(program, directory, name):
    """What the first culprit's finding foretells, beside what was measured."""
    gone = f"{directory}/{name}.gone.wkp"
    lines = lines_of(program, "replay", f"{directory}/{name}.wkp")
    culprits = [line for line in lines if line["type"] == "finding" and line["rule"] == "culprit"]
    if not os.path.exists(gone) or not culprits:
        return
    then, measured = culprits[0]["effect"]["p99_without_ns"], p99_of(lines_of(program, "replay", gone))
    if then is None or measured is None:
        return
    close = "as close as wanted" if abs(then - measured) <= max(0.25 * measured, 20_000) else "NOT close"
    print(f"  p99 {us(p99_of(lines))}, foretold without it {us(then)}, measured without it {us(measured)}: {close}")


def polls(program, directory):
    """How many sleeps halt polling met with a halt_poll_ns, beside what advise foretold by the run with 0: polls_PERIOD_NS.wkp."""
    wrong = 0
    for name in sorted(file[:-4] for file in os.listdir(directory) if re.fullmatch(r"polls_\d+_[1-9]\d*\.wkp", file)):
        _, period, ceiling = name.split("_")
        wakes = [line for line in lines_of(program, "replay", f"{directory}/{name}.wkp") if line["type"] == "wake"]
        met = sum("halt_poll" in wake["flags"] for wake in wakes) / len(wakes) * 100
        advice = lines_of(program, "advise", f"{directory}/polls_{period}_0.wkp")
        row = next(line for line in advice if line["type"] == "halt_poll" and line["halt_poll_ns"] == int(ceiling))
        foretold_met = row["met"] / row["sleeps"] * 100
        print(f"{name}: {len(wakes)} wakes, {met:.1f} % met, {foretold_met:.1f} % foretold")
        if abs(met - foretold_met) > 5:
            print("  WRONG: more than 5 points")
            wrong += 1
    return wrong


def main():
    program, directory = sys.argv[1:]
    wrong = 0
    for row in sys.stdin.read().splitlines():
        name, wanted, rule = row.split("!")
        file = f"{directory}/{name}.wkp"
        said = first_finding(program, file)
        print(f"{name}: {said}")
        if not re.match(wanted, said) or (wanted == "-" and said != "-"):
            print(f"  WRONG: the first finding does not begin with /{wanted}/")
            wrong += 1
        causes = causes_of_worst(program, file) if rule else []
        if rule and (not causes or not re.fullmatch(rule, causes[0]["rule"])):
            print(f"  WRONG: explain does not say {rule}, but {causes[0]['rule'] + ': ' + causes[0]['text'] if causes else 'nothing'}")
            wrong += 1
        foretold(program, directory, name)
    wrong += polls(program, directory)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
