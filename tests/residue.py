#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds each wake's end against the embedded guest's own clock.

The guest reads its counter a fixed number of instructions after kvm_entry. So what is left of its time when
wakepath's is taken away, the residue, is the same for each wake, but for the steps of the counter. Left out are the
wakes of the first second and a bit: the kernel then measures our programs' cost, that of kvm_entry among them, which
takes 50 instructions before the guest goes on. Printed: file, reports that belong to a wake, residue in ticks (median,
farthest from it), exceptions. Exit code 1 if a wake is off.
"""
import argparse
import json
import statistics
import sys

COST_SAMPLED_NS = 1_200_000_000

# One report and the WFx that ends the run.
ONE_ENTRY = {"DABT_LOW": 1, "WFx": 1}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--lateness", action="store_true",
                        help="guest_lateness_ns - total_ns, not guest_woke_ns - end_ns")
    parser.add_argument("--ticks", type=int, help="how far from the median a wake may be, in ticks of the counter")
    parser.add_argument("--ns", type=int, help="how far from the median a wake may be")
    parser.add_argument("--share", type=float, default=1,
                        help="of the wakes that must be within it, where the guest was entered once")
    parser.add_argument("--min-wakes", type=int, default=1)
    return parser.parse_args()


def residue(wake, lateness):
    if lateness:
        said, found = wake["guest_lateness_ns"], wake["total_ns"]
    else:
        said, found = wake["guest_woke_ns"], wake["end_ns"]
    return None if said is None else said - found


def interrupted(wake):
    """Whether the guest was entered again in the run that followed."""
    return wake["exits"] is not None and wake["exits"] != ONE_ENTRY


def main():
    args = arguments()
    with open(args.file, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    tick_ns = 1e9 / lines[0]["counter_hz"]
    bound_ns = args.ticks * tick_ns if args.ticks is not None else args.ns
    wakes = [w for w in lines if w["type"] == "wake" and w["complete"]]
    since_ns = wakes[0]["begin_ns"] + COST_SAMPLED_NS if wakes else 0
    known = [(residue(w, args.lateness), w) for w in wakes if w["begin_ns"] >= since_ns]
    known = [(ns, w) for ns, w in known if ns is not None]
    wrong, exceptions = [], []
    if len(known) < args.min_wakes:
        wrong.append(f"{len(known)} complete wakes with a report, fewer than {args.min_wakes}")
    median = statistics.median(ns for ns, _ in known) if known else 0
    worst = 0
    for ns, wake in known:
        off = ns - median
        if abs(off) <= bound_ns:
            worst = max(worst, off, key=abs)
            continue
        what = (f"the wake at {wake['begin_ns']} is off by {off / tick_ns:+.1f} ticks, "
                f"exits {wake['exits']}, flags {wake['flags']}")
        # An interrupted entry delays the guest; nothing lets it wake too early.
        (exceptions if off > 0 and interrupted(wake) else wrong).append(what)
    if len(known) >= args.min_wakes and len(wrong) <= (1 - args.share) * len(known):
        exceptions, wrong = exceptions + wrong, []
    print(f"{args.file}: {'lateness - total' if args.lateness else 'woke - end'} of {len(known)} wakes: "
          f"median {median / tick_ns:.1f} ticks, worst {worst / tick_ns:+.1f}, {len(exceptions)} exceptions")
    for what in exceptions:
        print(f"  exception: {what}")
    for what in wrong:
        print(f"{args.file}: {what}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
