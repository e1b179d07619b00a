#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The arrows of docs/architecture.md go one way: checks every #include "..." below src/ against them."""
import pathlib
import re
import sys

ALLOWED = {
    "util": set(),
    "host": {"util"},
    "guest": {"util"},
    "record": {"util"},
    "order": {"util", "record"},
    "reconstruct": {"util", "record", "order"},
    "analysis": {"util", "record", "order", "reconstruct"},
    "interrupts": {"util", "host"},
    "findings": {"util"},
    "audit": {"util", "host", "order", "reconstruct", "analysis", "interrupts", "findings"},
    "dump": {"util", "record"},
    "import": {"util", "host", "record", "dump"},
    "capture": {"util", "host", "guest", "record", "import"},
    "doctor": {"util", "host", "capture", "findings"},
    "present": {"util", "import", "analysis", "interrupts", "findings", "audit"},
    "cli": {"util", "host", "guest", "record", "capture", "dump", "import", "analysis", "interrupts", "findings",
            "audit", "doctor", "present"},
}
# Of the public headers; a room that does not stand here may take all.
PUBLIC_ONLY = {
    "util": {"wakepath/result.hpp", "wakepath/abi.h"},
    "host": {"wakepath/result.hpp", "wakepath/abi.h", "wakepath/facts.hpp", "wakepath/record.hpp"},
    "guest": {"wakepath/result.hpp"},
    "dump": {"wakepath/result.hpp", "wakepath/abi.h", "wakepath/record.hpp"},
}
LIBBPF = re.compile(r"#include\s*<(bpf|linux/bpf|linux/btf)")
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"')


def complaints(root):
    for path in sorted((root / "src").rglob("*.[ch]pp")):
        room = path.relative_to(root / "src").parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            where = f"{path.relative_to(root)}:{number}"
            if LIBBPF.match(line) and room not in ("capture", "doctor"):
                yield f"{where}: only src/capture may see libbpf"
            found = INCLUDE.match(line)
            if not found:
                continue
            target = found.group(1)
            first = target.split("/")[0]
            if first == "wakepath":
                if room in PUBLIC_ONLY and target not in PUBLIC_ONLY[room]:
                    yield f"{where}: {room} may not include {target}"
            elif first in ALLOWED and first != room and first not in ALLOWED[room]:
                yield f"{where}: {room} may not include {first}"
            elif room not in ALLOWED:
                yield f"{where}: {room} is not a room that docs/architecture.md knows"
    for path in sorted((root / "include").rglob("*.h*")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            if found and not found.group(1).startswith("wakepath/"):
                yield f"{path.relative_to(root)}:{number}: the public API includes {found.group(1)}"


def main():
    root = pathlib.Path(sys.argv[1])
    wrong = list(complaints(root))
    for line in wrong:
        print(line)
    files = len(list((root / "src").rglob("*.[ch]pp")))
    print(f"{files} files, {len(wrong)} includes against the direction")
    return 1 if wrong or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
