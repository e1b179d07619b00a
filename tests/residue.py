#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds each wake's end against the embedded guest's own clock.

The guest reads its counter after kvm_entry. The residue is the guest's time less wakepath's.

--ticks: the residue is the same for each wake, but for the steps of the counter. This holds in the instruction clock
alone, in which the guest's reading comes a fixed number of instructions after kvm_entry. The wakes of the first 1.2 s are
left out: the kernel then measures the cost of our programs, that of kvm_entry among them, which takes 50 instructions
before the guest goes on.

--order: the guest reads its counter after its entry, and before the next wake of that vCPU ends. This holds however slow
the machine is. With --lateness the first half holds alone: KVM arms its timer for the guest's deadline, or for now where the
deadline has passed already, so a wake may begin after the deadline.

Printed: file, reports that belong to a wake, residue in ticks (median, farthest from it), exceptions. Exit code 1 if a
wake is off.
"""
import argparse
import json
import statistics
import sys

COST_SAMPLED_NS = 1_200_000_000

# The counter's step, and what turning it into nanoseconds rounds.
ROUNDING_NS = 1000

# One report and the WFx that ends the run.
ONE_ENTRY = {"DABT_LOW": 1, "WFx": 1}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("--lateness", action="store_true",
                        help="guest_lateness_ns - total_ns, not guest_woke_ns - end_ns")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--ticks", type=int, help="how far from the median a wake may be, in ticks of the counter")
    what.add_argument("--order", action="store_true", help="the reading lies between two ends of wakes")
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


def same_residue(known, bound_ns, tick_ns):
    """What is wrong, and what an interrupt explains."""
    median = statistics.median(ns for ns, _ in known)
    wrong, exceptions = [], []
    for ns, wake in known:
        off = ns - median
        if abs(off) <= bound_ns:
            continue
        what = (f"the wake at {wake['begin_ns']} is off by {off / tick_ns:+.1f} ticks, "
                f"exits {wake['exits']}, flags {wake['flags']}")
        # An interrupted entry delays the guest; nothing lets it wake too early.
        (exceptions if off > 0 and interrupted(wake) else wrong).append(what)
    return wrong, exceptions


def out_of_order(known, wakes):
    next_end = {}
    last = {}
    for wake in sorted(wakes, key=lambda wake: wake["end_ns"]):
        if wake["tid"] in last:
            next_end[id(last[wake["tid"]])] = wake["end_ns"]
        last[wake["tid"]] = wake
    for ns, wake in known:
        if ns < -ROUNDING_NS:
            yield f"the guest read its counter {-ns} ns before the wake at {wake['begin_ns']} ended"
        limit = next_end.get(id(wake))
        if limit is not None and wake["end_ns"] + ns > limit + ROUNDING_NS:
            yield f"the guest read its counter {ns} ns after the end of the wake at {wake['begin_ns']}, and after the next wake's end"


def main():
    args = arguments()
    with open(args.file, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    tick_ns = 1e9 / lines[0]["counter_hz"]
    wakes = [w for w in lines if w["type"] == "wake"]
    complete = [w for w in wakes if w["complete"]]
    since_ns = complete[0]["begin_ns"] + COST_SAMPLED_NS if complete and args.ticks is not None else 0
    known = [(residue(w, args.lateness), w) for w in complete if w["begin_ns"] >= since_ns]
    known = [(ns, w) for ns, w in known if ns is not None]
    wrong, exceptions = [], []
    if len(known) < args.min_wakes:
        wrong.append(f"{len(known)} complete wakes with a report, fewer than {args.min_wakes}")
    if known and args.order:
        wrong += out_of_order(known, [] if args.lateness else wakes)
    elif known:
        off, exceptions = same_residue(known, args.ticks * tick_ns, tick_ns)
        wrong += off
    median = statistics.median(ns for ns, _ in known) if known else 0
    worst = max((ns - median for ns, _ in known), key=abs, default=0)
    print(f"{args.file}: {'lateness - total' if args.lateness else 'woke - end'} of {len(known)} wakes: "
          f"median {median / tick_ns:.1f} ticks, worst {worst / tick_ns:+.1f}, {len(exceptions)} exceptions")
    for what in exceptions:
        print(f"  exception: {what}")
    for what in wrong:
        print(f"{args.file}: {what}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
