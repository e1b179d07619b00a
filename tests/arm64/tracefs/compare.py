#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two recordings of one run, by BPF and through tracefs: does each tell the other's wakes?

Both read CLOCK_MONOTONIC at the same tracepoint, one after the other, so their times for one event
are apart by what the first of them costs there: some 500 instructions, which is 0.5 us in the
instruction clock (0.58 us at most were seen). Boundaries further apart than four times that are a
disagreement, but for a few: an interrupt, or another CPU's turn, may come between the two readings.
"""
import argparse
import json
import sys

TOLERANCE_NS = 2_000
INTERLEAVED = 0.01  # of the wakes, that may have one boundary further apart
MARGIN_NS = 100_000_000  # at both ends of what both recorded: chains that one of them has cut


def wakes(path):
    found = {}
    begin = end = None
    for line in open(path, encoding="utf-8"):
        record = json.loads(line)
        if record["type"] == "header":
            begin = record["begin_ns"]
        elif record["type"] == "wake":
            end = record["end_ns"]
            found.setdefault((record["tid"], record["vcpu"]), []).append(record)
    return found, begin, end


def stages(wake, other):
    """An expiry after the interrupt's entry leaves no irq_entry: one close to the entry may be after
    it for one of the two alone."""
    mine, names = wake["stages"], [stage["name"] for stage in wake["stages"][:2]]
    if (names == ["timer_latency", "irq_entry"] and mine[0]["end_ns"] - mine[0]["begin_ns"] < TOLERANCE_NS
            and "irq_entry" not in [stage["name"] for stage in other["stages"]]):
        return [{**mine[0], "end_ns": mine[1]["end_ns"]}] + mine[2:]
    return mine


def shape(wake, other):
    root = wake["root"]
    return {
        "path": wake["path"],
        "root": (root["kind"], root["irq"], root["irq_name"], root["function"], root["cpu"]),
        "hops": [(hop["kind"], hop["name"], hop["cpu"], hop["tid"]) for hop in wake["hops"]],
        "stages": [(stage["name"], stage["cpu"], stage["actor"]) for stage in stages(wake, other)],
        "complete": wake["complete"],
    }


def boundaries(wake, other):
    return [wake["begin_ns"]] + [stage["end_ns"] for stage in stages(wake, other)]


def shape_differs(one, other):
    a, b = shape(one, other), shape(other, one)
    return [f"{key}: {a[key]} / {b[key]}" for key in a if a[key] != b[key]]


def far_apart(one, other):
    names = ["begin"] + [stage["name"] for stage in stages(one, other)]
    return [f"{name} is {y - x} ns apart" for name, x, y in zip(names, boundaries(one, other), boundaries(other, one))
            if abs(x - y) > TOLERANCE_NS]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("bpf")
    options.add_argument("tracefs")
    options.add_argument("--min-wakes", type=int, default=1)
    arguments = options.parse_args()
    (bpf, begin_a, end_a), (tracefs, begin_b, end_b) = wakes(arguments.bpf), wakes(arguments.tracefs)
    begin, end = max(begin_a, begin_b) + MARGIN_NS, min(end_a, end_b) - MARGIN_NS
    compared, wrong, far, apart = 0, [], [], []
    for mine, others, name in ((bpf, tracefs, "tracefs"), (tracefs, bpf, "BPF")):
        for vcpu, of_vcpu in mine.items():
            for wake in of_vcpu:
                if not wake["complete"] or not begin <= wake["end_ns"] <= end:
                    continue
                near = min(others.get(vcpu, []), key=lambda w: abs(w["end_ns"] - wake["end_ns"]), default=None)
                compared += 1
                if near is None or abs(near["end_ns"] - wake["end_ns"]) > 100 * TOLERANCE_NS:
                    wrong.append(f"the wake of thread {vcpu[0]} that ends at {wake['end_ns']} is not told by {name}")
                    continue
                where = f"thread {vcpu[0]}, wake that ends at {wake['end_ns']}: "
                differs, between = shape_differs(wake, near), far_apart(wake, near)
                if differs or len(between) > 1:
                    wrong += [where + each for each in differs or between]
                elif between:
                    far.append(where + between[0])
                else:
                    apart += [abs(x - y) for x, y in zip(boundaries(wake, near), boundaries(near, wake))]
    if len(far) > INTERLEAVED * compared:
        wrong += far
    for line in wrong[:20]:
        print(line)
    apart.sort()
    print(f"{compared} wakes compared, {len(wrong)} disagreements, {len(far)} with something between the two readings; "
          "boundaries apart: " + (f"median {apart[len(apart) // 2]} ns, at most {apart[-1]} ns" if apart else "none"))
    if compared < 2 * arguments.min_wakes:
        print(f"too few wakes: {compared}, wanted {2 * arguments.min_wakes}")
        return 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
