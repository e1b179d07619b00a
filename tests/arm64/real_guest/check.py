#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the NDJSON of a real guest's loads against what must be in it, and prints the paths of each load.

usage: check.py VM-NAME DIRECTORY LOAD...    DIRECTORY: what host.sh left in /out
"""
import collections
import json
import pathlib
import re
import sys

KNOWN = 0.99
MIN_WAKES = 50
# What each load must have shown at least once, beside the sleeper's two.
SLEEPER = [r"timer\(kvm_bg_timer_expire\)>vcpu", r"guest_ipi\(CPU \*/KVM\)>vcpu"]
EXPECTED = {
    "net": [r"irq\(virtio\*-input\.\*\)>.*softirq\(NET_RX\)>task\(vhost-\*\)>vcpu"],
    "disk": [r"irq\(virtio\*-req\.\*\)>.*task\(IO disk\)>vcpu"],
}


def vcpu_threads(file):
    """By thread id, the vCPU that QEMU runs there."""
    threads = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"(\d+) CPU (\d+)/KVM", line)
        if match:
            threads[int(match[1])] = int(match[2])
    return threads


def is_known(wake):
    """Sent back to sleep without an entry is a whole story too; whether there was none is for the oracle to say."""
    return wake["root"]["kind"] != "unknown" and (wake["complete"] or "reblocked" in wake["flags"])


def complaints(load, wakes, summary, vm, threads):
    for wake in wakes:
        if wake["vm"] != vm or wake["vcpu"] != threads.get(wake["tid"]):
            yield f"thread {wake['tid']} is {wake['vm']}/{wake['vcpu']}, but QEMU says {vm}/{threads.get(wake['tid'])}"
    if {wake["vcpu"] for wake in wakes} != set(threads.values()):
        yield "not all vCPUs were seen to wake"
    whole = [wake for wake in wakes if "cut" not in wake["flags"]]
    known = sum(map(is_known, whole))
    if len(whole) < MIN_WAKES:
        yield f"{len(whole)} wakes, fewer than {MIN_WAKES}"
    if known < KNOWN * len(whole):
        yield f"of {len(whole)} wakes only {known} are known from root to entry"
    if summary["lost"]:
        yield f"{summary['lost']} events lost"
    paths = {wake["path"] for wake in wakes}
    for pattern in SLEEPER + [p for part in load.split("+") for p in EXPECTED.get(part, [])]:
        if not any(re.fullmatch(pattern, path) for path in paths):
            yield f"no wake took a path like {pattern}"


def print_paths(load, wakes):
    print(f"{load}: {len(wakes)} wakes")
    for path, count in collections.Counter(wake["path"] for wake in wakes).most_common():
        print(f"  {count:5}  {path}")
    for wake in wakes:
        if "cut" not in wake["flags"] and not is_known(wake):
            print(f"  not known: vCPU {wake['vcpu']} at {wake['begin_ns']}: {wake['path']} {wake['flags']}")


def main():
    vm, directory, wrong = sys.argv[1], pathlib.Path(sys.argv[2]), False
    threads = vcpu_threads(directory / "threads")
    for load in sys.argv[3:]:
        lines = [json.loads(line) for line in (directory / f"{load}.ndjson").read_text(encoding="utf-8").splitlines()]
        wakes = [line for line in lines if line["type"] == "wake"]
        print_paths(load, wakes)
        for text in dict.fromkeys(complaints(load, wakes, lines[-1], vm, threads)):
            print(f"{load}: {text}")
            wrong = True
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
