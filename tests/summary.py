#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The last lines of scripts/test: summary.py JUNIT-FILE TIMES-FILE STATUS-OF-CTEST. Adds the slowest tests first to the times.

Says again the end of what each failed test said: it is the last thing that a log which was cut short still shows.
"""
import pathlib
import sys
import xml.etree.ElementTree as xml

LINES_OF_A_FAILURE = 80
CHARACTERS_OF_A_LINE = 300


def kind_of(case):
    skip = case.find("skipped")
    if case.get("status") == "run":
        return "passed"
    # A test that ctest could not start stands there as not run too, and is no skip.
    if case.get("status") == "disabled" or skip is not None and skip.get("message", "").startswith("SKIP_"):
        return "skipped"
    return "failed"


def main():
    report, times, status = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    cases = list(xml.parse(report).iter("testcase")) if report.exists() else []
    names = {"passed": [], "failed": [], "skipped": []}
    failures = []
    for case in cases:
        said = (case.findtext("system-out") or "").strip().splitlines()
        kind = kind_of(case)
        reasons = [line for line in said if kind == "skipped" and "skipped: " in line]
        names[kind].append(case.get("name") + (f" ({reasons[-1]})" if reasons else ""))
        if kind == "failed":
            failures.append((case.get("name"), said[-LINES_OF_A_FAILURE:]))
        if any(line.startswith("runs again: ") for line in said):
            print(f"ran twice, for the emulator crashed a vCPU: {case.get('name')}")
    # A run that broke off before it could report is a failure too.
    if not cases or status != 0 and not names["failed"]:
        names["failed"].append("ctest")
    with open(times, "a", encoding="utf-8") as file:
        for case in sorted(cases, key=lambda case: -float(case.get("time", 0))):
            print(f"{float(case.get('time', 0)):.1f} s  {case.get('name')}", file=file)
    for name in names["skipped"]:
        print(f"skipped: {name}")
    for name, lines in failures:
        print(f"== the end of {name}")
        for line in lines:
            print(line[:CHARACTERS_OF_A_LINE])
    for name in names["failed"]:
        print(f"failed: {name}")
    print(", ".join(f"{len(names[kind])} {kind}" for kind in ("passed", "failed", "skipped")))
    return 1 if names["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
