#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The arrows of docs/architecture.md go one way: include_directions.py TREE.

It checks every #include "..." below src/ against the table of rooms, every #include <...> of a library against the rooms that
may see that library, and what the public headers declare against the room that defines it: a room that calls a function of a
public header depends on the room that has its body, though no #include shows that.
"""
import pathlib
import re
import sys

ALLOWED = {
    "util": set(),
    "privilege": {"util"},
    "host": {"util", "record"},
    "guest": {"util"},
    "record": {"util"},
    "order": {"util", "record"},
    "reconstruct": {"util", "record", "order"},
    "analysis": {"util", "record", "order", "reconstruct"},
    "budget": {"util", "analysis"},
    "interrupts": {"util", "host"},
    "findings": {"util", "record", "interrupts"},
    "audit": {"util", "host", "order", "reconstruct", "analysis", "interrupts", "findings"},
    "dump": {"util", "record"},
    "recorder": {"util", "record", "analysis", "dump"},
    "import": {"util", "privilege", "host", "record", "dump"},
    "capture": {"util", "privilege", "host", "guest", "record", "import", "interrupts"},
    "doctor": {"util", "host", "capture", "findings"},
    "present": {"util", "import", "analysis", "interrupts", "findings", "audit"},
    "export": {"util", "record", "reconstruct", "order", "analysis", "findings", "present"},
    "report": {"util", "record", "reconstruct", "order", "analysis", "findings", "audit", "present"},
    "screen": {"util", "analysis", "interrupts", "audit", "findings", "present"},
    "cli": {"util", "privilege", "host", "guest", "record", "capture", "dump", "import", "analysis", "budget", "interrupts",
            "findings", "audit", "recorder", "doctor", "present",
            "export", "report", "screen"},
}
# Of the public headers; a room that does not stand here may take all.
PUBLIC_ONLY = {
    "util": {"wakepath/result.hpp", "wakepath/abi.h"},
    "privilege": {"util"},
    "host": {"wakepath/result.hpp", "wakepath/abi.h", "wakepath/facts.hpp", "wakepath/record.hpp"},
    "guest": {"wakepath/result.hpp"},
    "dump": {"wakepath/result.hpp", "wakepath/abi.h", "wakepath/record.hpp"},
}
# Which rooms may see which library's headers. All may see fmt and tl::expected.
LIBRARIES = {
    "libbpf": (r"(bpf/|linux/(bpf|btf)\.h)", {"capture", "doctor"}),
    "libtracefs": (r"tracefs", {"capture/tracefs"}),
    "libtraceevent": (r"(traceevent/)?(event-parse|kbuffer|event-utils|trace-seq)\.h", {"capture/tracefs", "import"}),
    "libtracecmd": (r"trace-cmd", {"import"}),
    "libpci": (r"pci/", {"host"}),
    "libseccomp": (r"seccomp\.h", {"privilege"}),
    "libarchive": (r"archive(_entry)?\.h", {"host", "import"}),
    "ncurses": (r"(ncursesw?/)?(n?cursesw?|term)\.h", {"screen/terminal"}),
    "CLI11": (r"CLI/", {"cli"}),
    "protozero": (r"protozero/", {"export"}),
    "toml++": (r"toml\+\+/", {"budget"}),
    "SQLite": (r"sqlite3", {"export"}),
    "libzstd": (r"zstd", {"dump", "import"}),
    "liblzma": (r"lzma\.h", {"import"}),
    "libbz2": (r"bzlib\.h", {"import"}),
    "zlib": (r"zlib\.h", {"dump", "import", "export"}),
}
LIBRARY_INCLUDE = re.compile(r"^\s*#\s*include\s*<([^>]+)>")
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"')


def complaints(root):
    for path in sorted((root / "src").rglob("*.[ch]pp")):
        room = path.relative_to(root / "src").parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            where = f"{path.relative_to(root)}:{number}"
            if found := LIBRARY_INCLUDE.match(line):
                folder = path.relative_to(root / "src").parent.as_posix()
                for library, (header, rooms) in LIBRARIES.items():
                    if re.match(header, found.group(1)) and not any(f"{folder}/".startswith(f"{r}/") for r in rooms):
                        yield f"{where}: only {', '.join(sorted(rooms))} may see {library}"
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


# "Result<void> check_verdict(" in the first column; the name, and the type of its first parameter.
FUNCTION = re.compile(r"^(?!static|inline|constexpr|template|return|using|typedef|struct|class|enum|#|//)"
                      r"[A-Za-z_][\w:<>,&* ]*[ &*](\w+)\((?:const )?([\w:]*)")
MEMBER = re.compile(r"^(?!static|using|return)[\w:<>,&* ]*?\b(\w+)::~?\w+\(")
CLASS = re.compile(r"^class (\w+)[^;]*\{")


def declared(header):
    """Functions as (name, type of the first parameter), and classes as (name, None), that have a body elsewhere."""
    lines = header.read_text().splitlines()
    for number, line in enumerate(lines):
        if found := FUNCTION.match(line):
            if "{" not in " ".join(lines[number:number + 3]).split(";")[0]:
                yield found.group(1), found.group(2)
        elif (found := CLASS.match(line)) and header.name == "pipeline.hpp":
            yield found.group(1), None


def hidden_arrows(root):
    texts = {path: path.read_text() for path in sorted((root / "src").rglob("*.[ch]pp"))}
    rooms = {path: path.relative_to(root / "src").parts[0] for path in texts}
    reach = {room: set() for room in ALLOWED}
    for room, seen in reach.items():
        waiting = [room]
        while waiting:
            for other in ALLOWED.get(waiting.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
    for header in sorted((root / "include" / "wakepath").glob("*.hpp")):
        users = [path for path, text in texts.items() if f'#include "wakepath/{header.name}"' in text]
        # A source sees what its own header includes.
        users += [path for path in texts if path.suffix == ".cpp" and path.with_suffix(".hpp") in users and path not in users]
        for name, parameter in declared(header):
            if parameter is None:
                defined = {rooms[path] for path in users
                           if any(found and found.group(1) == name for found in map(MEMBER.match, texts[path].splitlines()))}
            else:
                defined = {rooms[path] for path in users if path.suffix == ".cpp"
                           if any(found and found.groups() == (name, parameter)
                                  for found in map(FUNCTION.match, texts[path].splitlines()))}
            if users and not defined:
                yield f"{header.relative_to(root)}: no room that includes it defines {name}({parameter or ''}"
            for path in users:
                room = rooms[path]
                if re.search(rf"\b{name}\b", texts[path]) and not defined <= reach.get(room, set()) | {room}:
                    yield (f"{path.relative_to(root)}: {room} uses {name}, which {header.name} declares and "
                           f"{', '.join(sorted(defined))} defines")


def main():
    root = pathlib.Path(sys.argv[1])
    wrong = list(complaints(root)) + sorted(set(hidden_arrows(root)))
    for line in wrong:
        print(line)
    files = len(list((root / "src").rglob("*.[ch]pp")))
    print(f"{files} files, {len(wrong)} includes against the direction")
    return 1 if wrong or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
