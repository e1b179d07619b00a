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
SLEEPER = ["timer(kvm_bg_timer_expire)>vcpu", "guest_ipi(CPU */KVM)>vcpu"]
# Under some load at least: from the host's card to the guest's, and from the host's disk to the guest's.
NET = r"irq\(virtio\*-input\.\*\)>.*softirq\(NET_RX\)>task\(vhost-\*\)>vcpu"
DISK = r"irq\(virtio\*-req\.\*\)>.*task\(IO disk\)>vcpu"


def vcpu_threads(file):
    """By thread id, the vCPU that QEMU runs there."""
    threads = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"(\d+) CPU (\d+)/KVM", line)
        if match:
            threads[int(match[1])] = int(match[2])
    return threads


def is_known(wake):
    """That it slept again without an entry is a whole story too; whether it did is for the oracle to say."""
    missing = {"lossy", "missed_program", "no_root"} | (set() if "reblocked" in wake["flags"] else {"no_entry"})
    return wake["root"]["kind"] != "unknown" and not missing & set(wake["flags"])


def is_whole(wake):
    return "cut" not in wake["flags"]


def load_complaints(wakes, summary, vm, threads):
    for wake in wakes:
        if wake["vm"] != vm or wake["vcpu"] != threads.get(wake["tid"]):
            yield f"thread {wake['tid']} is {wake['vm']}/{wake['vcpu']}, but QEMU says {vm}/{threads.get(wake['tid'])}"
    if {wake["vcpu"] for wake in wakes} != set(threads.values()):
        yield "not all vCPUs were seen to wake"
    if len(wakes) < MIN_WAKES:
        yield f"{len(wakes)} wakes, fewer than {MIN_WAKES}"
    if summary["lost"]:
        yield f"{summary['lost']} events lost"
    for path in SLEEPER:
        if not any(wake["path"] == path for wake in wakes):
            yield f"no wake took the path {path}"


def run_complaints(wakes):
    whole = list(filter(is_whole, wakes))
    known = sum(map(is_known, whole))
    print(f"all: {known} of {len(whole)} wakes are known from root to entry")
    if known < KNOWN * len(whole):
        yield f"{known} of {len(whole)} known wakes are fewer than {KNOWN:.0%}"
    for pattern, device in ((NET, "eth0"), (DISK, "vda")):
        devices = {wake["root"]["device"] for wake in wakes if re.fullmatch(pattern, wake["path"])}
        if not devices:
            yield f"under no load a wake took a path like {pattern}"
        elif device not in devices or devices - {device, None}:  # the first may be told before it is known
            yield f"wakes by a path like {pattern} come from {devices}, not from {device}"


def print_paths(load, wakes):
    print(f"{load}: {len(wakes)} wakes")
    for path, count in collections.Counter(wake["path"] for wake in wakes).most_common():
        print(f"  {count:5}  {path}")
    for wake in wakes:
        if is_whole(wake) and not is_known(wake):
            print(f"  not known: vCPU {wake['vcpu']} at {wake['begin_ns']}: {wake['path']} {wake['flags']}")


def main():
    vm, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    threads, run, wrong = vcpu_threads(directory / "threads"), [], []
    for load in sys.argv[3:]:
        lines = [json.loads(line) for line in (directory / f"{load}.ndjson").read_text(encoding="utf-8").splitlines()]
        wakes = [line for line in lines if line["type"] == "wake"]
        print_paths(load, wakes)
        run += wakes
        wrong += [f"{load}: {text}" for text in dict.fromkeys(load_complaints(wakes, lines[-1], vm, threads))]
    wrong += run_complaints(run)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
