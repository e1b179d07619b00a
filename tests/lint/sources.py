#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules for sources that no compiler holds: sources.py TREE."""
import collections
import pathlib
import re
import sys

LONGEST = 400  # lines
SUFFIXES = (".cpp", ".hpp", ".h", ".c", ".def")
# The numbered values of a fact are the codec's alone.
NUMBERED_VALUE = re.compile(r"\bvalue\[")
# Threads, CPUs, interrupts and vCPUs are all plain numbers. Where a function takes two of them side by side, no compiler
# sees that a caller swaps them; a struct with names, or something of another type between them, shows it.
NUMBER = r"std::uint32_t \w*(?:tid|pid|tgid|cpu|irq)\w*"
SWAPPABLE = re.compile(NUMBER + r",\s*std::uint32_t \w+[,)]|std::uint32_t \w+,\s*" + NUMBER + "[,)]")

# Events have CLOCK_MONOTONIC, which nobody sets and which stands still while the host is suspended. Any other clock may jump
# in a capture: these alone may read one, for a date.
OTHER_CLOCK = re.compile(r"system_clock|gettimeofday|\btime\(nullptr|(?:clock_ns|clock_gettime|timerfd_create|timer_create)\("
                         r"CLOCK_(?!MONOTONIC\b|THREAD_CPUTIME_ID)|bpf_ktime_get_(?!ns\b)")
DATES = ("src/capture/host_fact.cpp", "src/host/archive.cpp", "src/cli/recorder_run.cpp")


def complaints(root):
    sources = [path for folder in ("src", "include", "bpf", "tests", "examples") for path in sorted((root / folder).rglob("*"))
               if path.suffix in SUFFIXES]
    for path in sources:
        where = path.relative_to(root)
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > LONGEST:
            yield f"{where}: {len(lines)} lines, more than {LONGEST}"
        if not any("SPDX-License-Identifier: GPL-2.0-or-later" in line for line in lines[:2]):
            yield f"{where}: no SPDX line at its top"
        if where.parts[0] == "src" and where.parts[1] != "record":
            for number, line in enumerate(lines, 1):
                if NUMBERED_VALUE.search(line):
                    yield f"{where}:{number}: only src/record may number the values of a fact"
        if where.parts[0] in ("src", "bpf") and str(where) not in DATES:
            for found in OTHER_CLOCK.finditer("\n".join(lines)):
                yield f"{where}: {found[0]}: CLOCK_MONOTONIC alone, see tests/lint/sources.py"
        if where.parts[0] in ("src", "include"):
            for found in SWAPPABLE.finditer("\n".join(lines)):
                yield f"{where}: {' '.join(found[0].split())} can be swapped: see tests/lint/sources.py"
    by_name = collections.defaultdict(list)
    for path in sources:
        if path.is_relative_to(root / "src"):
            by_name[path.name].append(str(path.relative_to(root)))
    for name, paths in sorted(by_name.items()):
        if len(paths) > 1:
            yield f"{name} stands more than once: {', '.join(paths)}"


def main():
    wrong = 0
    for wrong, text in enumerate(complaints(pathlib.Path(sys.argv[1])), 1):
        print(text)
    print(f"{wrong} complaints")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
