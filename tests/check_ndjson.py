#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks wakepath's NDJSON: each line against docs/ndjson.schema.json, and the sums that a schema can't say.

usage: check_ndjson.py [FILE]      (standard input without FILE; exit code 1 at the first bad line)
"""

import json
import pathlib
import sys

import jsonschema

SCHEMA = pathlib.Path(__file__).resolve().parent.parent / "docs" / "ndjson.schema.json"
INCOMPLETE = {"lossy", "no_root", "no_entry", "cut", "missed_program", "no_expiry", "untimed"}


class Bad(Exception):
    pass


def need(truth, text):
    if not truth:
        raise Bad(text)


def check_stage(stage):
    name = stage["name"]
    length = stage["end_ns"] - stage["begin_ns"]
    need(length >= 0, f"{name} has a negative length")
    if stage["blame"]:
        blamed = sum(part["ns"] for part in stage["blame"])
        need(blamed == length, f"blame of {name} sums to {blamed}, not {length}")
    for sub in stage["sub"]:
        inside = stage["begin_ns"] <= sub["begin_ns"] <= sub["end_ns"] <= stage["end_ns"]
        need(inside, f"sub-stage {sub['name']} lies outside {name}")


def check_untimed(line):
    for part in [line, *line["stages"], *line.get("hops", [])]:
        told = [key for key in ("begin_ns", "end_ns", "total_ns", "at_ns") if part.get(key) is not None]
        need(not told, f"a wake without times tells {told}")
    need(not any(stage["blame"] or stage["sub"] for stage in line["stages"]), "parts of a stage without times")
    need(not line["complete"], "a wake without times is complete")


def check_stages(line):
    if "untimed" in line["flags"]:
        check_untimed(line)
        return
    stages = line["stages"]
    total = line["end_ns"] - line["begin_ns"]
    need(line["total_ns"] == total, f"total_ns is {line['total_ns']}, the ends say {total}")
    for stage in stages:
        check_stage(stage)
    for before, after in zip(stages, stages[1:]):
        need(before["end_ns"] == after["begin_ns"],
             f"{before['name']} ends at {before['end_ns']}, {after['name']} begins at {after['begin_ns']}")
    if stages:
        need(stages[0]["begin_ns"] == line["begin_ns"], "the first stage does not begin with the line")
        need(stages[-1]["end_ns"] == line["end_ns"], "the last stage does not end with the line")
        length = sum(stage["end_ns"] - stage["begin_ns"] for stage in stages)
        need(length == total, f"the stages sum to {length}, not {total}")
    else:
        need(total == 0, f"no stages, but a total of {total}")
    need(line["complete"] == (not INCOMPLETE & set(line["flags"])), "complete contradicts the flags")


# The slowest wakes alone have lines: of those that have a total.
def check_worst(line, seen):
    have_total = sum(row["count"] for row in line["latency"]
                     if (row["vm"], row["vcpu"], row["path"]) == ("*", None, "*") and row["stage"].startswith("total"))
    need(seen["wake"] == min(line["worst"], have_total), f"{seen['wake']} lines of wakes, not the {line['worst']} slowest")
    need(seen["totals"] == sorted(seen["totals"], reverse=True), "the slowest wakes do not stand first")
    need(seen["delivery"] == 0, "lines of deliveries beside the slowest wakes")


# A wake is in the map when the summary's course has it: the parts, and what they sum to, are the same.
def check_heat_map(line, seen):
    mine = [(part["begin_ns"], part["end_ns"], part["wakes"]) for part in seen["heat_map"]]
    need(mine == [(part["begin_ns"], part["end_ns"], part["wakes"]) for part in line["course"]],
         "the heat map has other parts than the course")
    for part, of_course in zip(seen["heat_map"], line["course"]):
        need(sum(row["count"] for row in part["counts"]) == part["wakes"], "a part of the heat map sums to another count")
        need([row["from_ns"] for row in part["counts"]] == sorted({row["from_ns"] for row in part["counts"]}),
             "rows of the heat map out of order")
        if part["counts"]:
            last = part["counts"][-1]
            need(last["from_ns"] <= of_course["max_ns"] and (last["below_ns"] is None or of_course["max_ns"] < last["below_ns"]),
                 "the longest wake is not in the heat map's last row")
    need(sum(part["wakes"] for part in seen["heat_map"]) == sum(row["count"] for row in line["spread"]),
         "the heat map has another number of wakes than the spread")


def check_summary(line, seen):
    if seen["heat_map"]:
        check_heat_map(line, seen)
    need(line["complete"] <= line["wakes"], "more complete wakes than wakes")
    for row in line["latency"]:
        if row["count"]:
            order = [row[f"{key}_ns"] for key in ("min", "p50", "p90", "p99", "p999", "max")]
            need(order == sorted(order), f"percentiles of {row['stage']} fall: {order}")
    if "worst" in line:
        check_worst(line, seen)
        return
    need(line["wakes"] == seen["wake"], f"{line['wakes']} wakes in the summary, {seen['wake']} in lines")
    need(line["complete"] == seen["complete"],
         f"{line['complete']} complete in the summary, {seen['complete']} in lines")
    need(line["deliveries"] == seen["delivery"],
         f"{line['deliveries']} deliveries in the summary, {seen['delivery']} in lines")


def check(lines):
    schema = json.loads(SCHEMA.read_text())
    # Chosen by type: an error then names the field, not "none of these".
    validators = {
        name: jsonschema.Draft7Validator({"definitions": schema["definitions"], "$ref": f"#/definitions/{name}"})
        for name in (entry["$ref"].rsplit("/", 1)[1] for entry in schema["oneOf"])
    }
    seen = {"wake": 0, "complete": 0, "delivery": 0, "totals": [], "heat_map": []}
    number = 0
    for number, text in enumerate(lines, 1):
        try:
            line = json.loads(text)
            need(isinstance(line, dict), "no object")
            kind = line.get("type")
            need(kind in validators, f"no type {kind!r}")
            for error in validators[kind].iter_errors(line):
                raise Bad(f"{'.'.join(map(str, error.absolute_path)) or kind}: {error.message}")
            if kind in ("wake", "delivery"):
                check_stages(line)
                seen[kind] += 1
                seen["complete"] += kind == "wake" and line["complete"]
                seen["totals"].append(line["total_ns"])
            elif kind == "heat_map":
                seen["heat_map"].append(line)
            elif kind == "summary":
                check_summary(line, seen)
        except (Bad, ValueError) as error:
            print(f"line {number}: {error}", file=sys.stderr)
            return 1
    if number == 0:
        print("no line", file=sys.stderr)
        return 1
    return 0


def main():
    if len(sys.argv) > 2:
        print(__doc__, file=sys.stderr)
        return 2
    if len(sys.argv) == 2:
        with open(sys.argv[1], encoding="utf-8") as file:
            return check(file)
    return check(sys.stdin)


if __name__ == "__main__":
    sys.exit(main())
