#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""In a cgroup with little memory wakepath ends by itself, and says why, before the kernel ends it. Skipped (77) where no such
cgroup can be made: without root, or where another program holds all of them."""
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from recording import MEGA, PROGRAM_PATH, SANITIZED
from rows import events_without_tick, strays

LIMIT = 96 * MEGA
PATIENCE = 300  # seconds
GROUPS = pathlib.Path("/sys/fs/cgroup")


@contextlib.contextmanager
def small_group():
    """None: it can't be made."""
    first = (GROUPS / "memory/memory.limit_in_bytes").exists()
    group = (GROUPS / "memory" if first else GROUPS) / f"wakepath-test-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        yield None
        return
    try:
        (group / ("memory.limit_in_bytes" if first else "memory.max")).write_text(str(LIMIT), encoding="ascii")
        yield group
    except OSError:
        yield None  # no memory controller here
    finally:
        group.rmdir()


def run(group, *arguments):
    def enter():
        (group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")

    return subprocess.run([PROGRAM_PATH, *arguments], capture_output=True, check=False, timeout=PATIENCE,
                          preexec_fn=enter)


def main():
    if SANITIZED:
        print("skipped: sanitizers need more memory")
        sys.exit(77)
    with small_group() as group, tempfile.TemporaryDirectory() as folder:
        if group is None:
            print("skipped: no cgroup with a memory limit can be made here")
            sys.exit(77)
        path = pathlib.Path(folder) / "large.wkp"
        for what, content in (("events without a tick", events_without_tick(3_000_000)), ("strays", strays(1_500_000))):
            path.write_bytes(content)
            for command in ("replay", "audit", "info"):
                outcome = run(group, command, path)
                said = (outcome.stdout + outcome.stderr).decode(errors="replace")
                if outcome.returncode not in (0, 1, 5):
                    sys.exit(f"failed: {what}, {command}: exit code {outcome.returncode}: {said[-500:]}")
                if command == "replay" and not re.search("too many events waited|not enough memory", said):
                    sys.exit(f"failed: {what}, {command}: it does not say that memory was short: {said[-500:]}")


if __name__ == "__main__":
    main()
