#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""anonymize leaves no name of its input in its output, and every wake as it was: anonymize.py FILE..."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "live"))
from addresses import records_of  # noqa: E402

PROGRAM = os.environ["WAKEPATH"]
# What every host has; and rtc-pl031, which is the name of its driver too, and drivers stay.
KEPT = re.compile(r"(CPU \d+/KVM|kworker/[u\d:H]+|vhost-\d+|swapper/\d+|ksoftirqd/\d+|migration/\d+|arch_timer|IPI.*"
                  r"|k(swapd|compactd)\d+|kvm guest [hvp]+timer|rcu\w+|kvm|qemu-system-aar|kthreadd|wakepath|worker|rtc-pl031|<...>|\d*)")


def lines(*arguments):
    run = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        sys.exit(f"{arguments}: exit code {run.returncode}: {run.stderr}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def inside(path):
    return next(line for line in lines("info", "--what-is-inside", "--format", "ndjson", path) if line["type"] == "info")["inside"]


def shape(path):
    """Each wake without its names."""
    def of(wake):
        stages = [(stage["name"], stage["begin_ns"], stage["end_ns"], stage["cpu"],
                   [(blame["kind"], blame["ns"]) for blame in stage["blame"]]) for stage in wake["stages"]]
        return wake["begin_ns"], wake["end_ns"], wake["total_ns"], wake["tid"], wake["vcpu"], wake["complete"], stages
    return [of(wake) for wake in lines("replay", "--wakes", "--format", "ndjson", path) if wake["type"] == "wake"]


def check(path, folder):
    out = folder / "anonymous.wkp"
    subprocess.run([PROGRAM, "anonymize", path, "--force", "-o", out], check=True, capture_output=True)
    before, after = inside(path), inside(out)
    content = b"".join(data for _, data in records_of(out))
    names = {name for kind in ("vms", "threads", "devices") for name in before[kind] if not KEPT.fullmatch(name)}
    for name in names:
        # In the records as they are, unpacked. A short name may be a part of something else.
        if name in after["vms"] + after["threads"] + after["devices"] or (len(name) > 3 and name.encode() in content):
            sys.exit(f"{path}: {name!r} is still there")
    if after["files"] or after["kernel_addresses"]:
        sys.exit(f"{path}: {after['files']}, addresses: {after['kernel_addresses']}")
    for kind in ("vms", "threads"):
        if len(before[kind]) != len(after[kind]):
            sys.exit(f"{path}: {len(before[kind])} {kind} became {len(after[kind])}")
    wakes = shape(path)
    if wakes != shape(out):
        sys.exit(f"{path}: its wakes are others")
    return len(names), len(wakes)


def main():
    with tempfile.TemporaryDirectory() as folder:
        checked = [check(path, pathlib.Path(folder)) for path in sys.argv[1:]]
    names, wakes = (sum(column) for column in zip(*checked))
    print(f"{len(checked)} inputs: {names} names replaced, {wakes} wakes as they were")
    if not names or not wakes:
        sys.exit("nothing was looked at")


main()
