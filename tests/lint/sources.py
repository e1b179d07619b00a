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
