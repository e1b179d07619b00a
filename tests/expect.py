#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds a run's NDJSON against what the run must have shown. Exit code 1 with a line for each that fails."""
import argparse
import collections
import json
import sys


# An interrupt may lose events after the record that tells of the loss had its time taken.
HOLD_BACK_NS = 20_000_000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file")
    parser.add_argument("--path", action="append",
                        help="the path that at least --share of all wakes take; repeatable: one of these paths")
    parser.add_argument("--share", type=float, default=0.99)
    parser.add_argument("--complete", type=float, help="share of wakes that must be complete")
    parser.add_argument("--min-wakes", type=int, default=1)
    parser.add_argument("--one-per-report", action="store_true", help="as many wakes as guest reports")
    parser.add_argument("--reports-accounted", action="store_true",
                        help="each report is a wake, or came in a run that had begun already: the guest was "
                        "not yet asleep when its timer fired (reports are DABT_LOW exits; needs --exits)")
    parser.add_argument("--plain", action="store_true",
                        help="plain mode: --path and --complete leave out wakes that were cut, and polls, the end of which "
                        "the default events don't explain. How many there are depends on the machine")
    parser.add_argument("--stages", help="comma list: the stages of a wake on --path, in order; irq_entry is "
                        "absent where the timer expired inside an IRQ already entered")
    parser.add_argument("--ends-at", choices=["kvm_entry", "sched_in"])
    parser.add_argument("--lost", type=int, help="events lost, exactly")
    parser.add_argument("--some-lost", action="store_true", help="events must have been lost")
    parser.add_argument("--some-missed", action="store_true", help="programs must have missed runs")
    parser.add_argument("--accounted", action="store_true",
                        help="written + lost + left out - naming records = runs that the kernel counted")
    parser.add_argument("--loss-flagged", action="store_true",
                        help="complete wakes lie outside all losses; most others touch one")
    parser.add_argument("--misses-flagged", action="store_true", help="wakes touch a missed run and say so")
    parser.add_argument("--lateness", action="store_true", help="each wake carries the guest's lateness, but for one a missed run")
    return parser.parse_args()


def complaints(args, lines):
    wakes = [line for line in lines if line["type"] == "wake"]
    summary = lines[-1]
    if lines[0]["type"] != "header" or summary["type"] != "summary":
        yield "the output does not begin with a header and end with a summary"
        return
    if summary["wakes"] != len(wakes) or summary["complete"] != sum(w["complete"] for w in wakes):
        yield f"summary says {summary['wakes']} wakes, {summary['complete']} complete: not what was printed"
    if summary["wakes"] != summary["complete"] + sum(summary["incomplete"].values()):
        yield "complete and incomplete do not sum to the wakes"
    if args.one_per_report and len(wakes) != summary["guest_reports"]:
        yield f"{len(wakes)} wakes, but the guest reported {summary['guest_reports']}"
    if args.reports_accounted:
        awake = sum(max((w["exits"] or {}).get("DABT_LOW", 1) - 1, 0) for w in wakes)
        unseen = sum(w["exits"] is None for w in wakes)
        off = abs(len(wakes) + awake - summary["guest_reports"])
        if off > unseen:
            yield (f"{len(wakes)} wakes and {awake} reports of a guest that was awake, {unseen} runs not seen to "
                   f"their end, but {summary['guest_reports']} reports")
    judged = [w for w in wakes if not (args.plain and {"cut", "halt_poll"} & set(w["flags"]))]
    of_path = [w for w in judged if args.path is None or w["path"] in args.path]
    if len(of_path) < args.share * len(judged):
        seen = collections.Counter(w["path"] for w in judged).most_common(5)
        yield f"{len(of_path)} of {len(judged)} wakes took {' or '.join(args.path)}; seen: {seen}"
    if len(judged) < args.min_wakes:
        yield f"{len(judged)} wakes, fewer than {args.min_wakes}"
    complete = sum(w["complete"] for w in judged)
    if args.complete is not None and complete < args.complete * len(judged):
        flags = collections.Counter(f for w in judged for f in w["flags"]).most_common()
        yield f"{complete} of {len(judged)} wakes are complete; flags: {flags}"
    if args.ends_at and any(w["ends_at"] != args.ends_at for w in of_path):
        yield f"a wake does not end at {args.ends_at}"
    if args.stages:
        shapes = collections.Counter(",".join(s["name"] for s in w["stages"]) for w in of_path)
        good = shapes[args.stages] + shapes[args.stages.replace("irq_entry,", "")]
        if good < args.share * len(of_path) or not shapes[args.stages]:
            yield f"stages are not {args.stages}: {shapes.most_common(3)}"
    if args.lost is not None and summary["lost"] != args.lost:
        yield f"{summary['lost']} events lost, not {args.lost}"
    if args.some_lost and not (summary["lost"] and any(line["type"] == "loss" for line in lines)):
        yield "no loss was seen, so nothing was tested"
    if args.some_missed and not summary["missed"]:
        yield "no program missed a run, so nothing was tested"
    if args.accounted:
        yield from accounting(summary)
    if args.loss_flagged:
        yield from loss_flags(wakes, [line for line in lines if line["type"] == "loss"])
    if args.misses_flagged and not any("missed_program" in w["flags"] for w in wakes):
        yield "no wake is flagged missed_program"
    without = sum(w["guest_lateness_ns"] is None for w in of_path if w["complete"])
    # A run that is missed right after a wake leaves open whether the report is of this one.
    if args.lateness and without > summary["missed"]:
        yield f"{without} complete wakes lack the guest's own lateness"


def accounting(summary):
    counted = summary["events"] + summary["lost"] + summary["skipped"] - summary["naming"]
    runs = sum(program["runs"] for program in summary["programs"])
    misses = sum(program["misses"] for program in summary["programs"])
    if runs == 0 or counted != runs:
        yield (f"{summary['events']} written + {summary['lost']} lost + {summary['skipped']} left out "
               f"- {summary['naming']} naming = {counted}, but the kernel counted {runs} runs")
    if misses != summary["missed"]:
        yield f"the kernel counted {misses} misses, the summary says {summary['missed']}"


def loss_flags(wakes, losses):
    def touched(wake, margin=0):
        return any((loss["begin_ns"] or 0) <= wake["end_ns"] and
                   (loss["end_ns"] is None or loss["end_ns"] + margin >= wake["begin_ns"])
                   for loss in losses)

    for wake in wakes:
        if wake["complete"] and touched(wake):
            yield f"the wake at {wake['begin_ns']} is complete, and lies in a loss"
        # Where cause or guest entry is missing, the sleep or the run that may have hidden it counts too.
        whole = not {"no_root", "no_entry"} & set(wake["flags"])
        if whole and "lossy" in wake["flags"] and not touched(wake, HOLD_BACK_NS):
            yield f"the wake at {wake['begin_ns']} is flagged lossy, and no loss is near"


def main():
    args = arguments()
    with open(args.file, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    wrong = list(complaints(args, lines)) if lines else ["there is no output"]
    for line in wrong:
        print(f"{args.file}: {line}")
    if not wrong:
        summary = lines[-1]
        far = sum(w["root"]["cpu"] != w["hops"][-1]["cpu"] for w in lines if w["type"] == "wake" and w["hops"])
        print(f"{args.file}: {summary['wakes']} wakes, {summary['complete']} complete, {far} with their root on another CPU, "
              f"{summary['guest_reports']} guest reports, {summary['lost']} lost, {summary['missed']} missed, "
              f"{summary['events']} events")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
