#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What --explain of replay says of a wake is what explain says of it; and it says no more than one wake of each second.

usage: explain_alike.py RECORDING...
WAKEPATH names the program.
"""
import json
import os
import subprocess
import sys

# These rest on what is usual, which is known up to the wake in the one, and of the whole in the other.
OF_USUAL = {"entry_slow", "work_long", "helper_slow", "own_code"}


def lines(*arguments):
    done = subprocess.run([os.environ["WAKEPATH"], *arguments, "--format", "ndjson"], capture_output=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"failed: {arguments}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def causes(findings):
    summed = {}
    for finding in findings:
        rule = "own" if finding["rule"] in OF_USUAL else finding["rule"]
        # One cause of own code may be of several CPUs, and which of them it has rests on what is usual too.
        cpu = None if rule == "own" else finding["cpu"]
        key = (rule, finding["subject"]["tid"], finding["subject"]["irq"], cpu)
        summed[key] = summed.get(key, 0) + finding["evidence"]["ns"]
    return summed


def told(stream):
    """The explanations in a stream, each with its findings."""
    found, last = {}, None
    for line in stream:
        if line["type"] == "explanation":
            last = line["wake"]
            found[last] = []
        elif line["type"] == "finding" and "wake" in line["evidence"]:
            found[last].append(line)
    return found


def main():
    explained = 0
    for recording in sys.argv[1:]:
        stream = lines("replay", recording, "--explain", "--target", "1ns")
        in_stream = told(stream)
        seconds = next(line["duration_ns"] for line in stream if line["type"] == "summary") / 1e9
        if not 0 < len(in_stream) <= seconds + 1:
            sys.exit(f"failed: {recording}: {len(in_stream)} wakes in {seconds} s")
        for wake, findings in in_stream.items():
            alone = told(lines("explain", recording, "--wake", str(wake)))[wake]
            if causes(findings) != causes(alone):
                sys.exit(f"failed: {recording} wake {wake}: {causes(findings)} against {causes(alone)}")
            explained += 1
    print(f"{explained} wakes explained alike")


if __name__ == "__main__":
    main()
