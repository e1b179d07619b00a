#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each allocation of a replay fails in turn, and each write of an import: failing.py SHIM RECORDING TRACE. There is a clear
end each time, and nothing that was whole is lost. SHIM is failing.c, built.

WAKEPATH_FAILING_RUNS says how many allocations are tried, spread over all; 0: each of them.
"""
import errno
import os
import pathlib
import subprocess
import sys
import tempfile

from recording import PROGRAM_PATH, SANITIZED

USUAL_RUNS = 60
PATIENCE = 120  # seconds
HOWS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EINTR": errno.EINTR, "short": 0}
# bad usage would be a fault of this test
CLEAR = (0, 1, 3, 5, 6)


def run(shim, *arguments, **settings):
    environment = {**os.environ, "LD_PRELOAD": shim, **{name: str(value) for name, value in settings.items()}}
    return subprocess.run([PROGRAM_PATH, *arguments], env=environment, capture_output=True, check=False,
                          timeout=PATIENCE)


def counts(shim, folder, *arguments):
    """Allocations, writes, and how it ends where nothing fails."""
    whole = run(shim, *arguments, FAIL_COUNT=folder / "counts")
    allocations, writes = (folder / "counts").read_text().split()
    return int(allocations), int(writes), whole


def wrong_end(outcome, whole):
    """What is wrong with it; empty: nothing."""
    said = outcome.stderr.decode(errors="replace")
    if outcome.returncode not in CLEAR:
        return f"exit code {outcome.returncode}: {said[-300:]}"
    if "a bug in wakepath" in said or "bad_alloc" in said or "terminate called" in said:
        return said[-300:]
    if outcome.returncode == whole.returncode and outcome.stdout != whole.stdout and said == whole.stderr.decode():
        return "another output, and not a word"
    if outcome.returncode != whole.returncode and not said.strip():
        return f"exit code {outcome.returncode} without a word"
    return ""


def chosen(most):
    runs = int(os.environ.get("WAKEPATH_FAILING_RUNS", str(USUAL_RUNS)))
    step = 1 if runs == 0 else max(1, most // runs)
    return range(1, most + 1, step)


def allocations_fail(shim, folder, recording):
    command = ("replay", "--format", "ndjson", recording)
    most, _, whole = counts(shim, folder, *command)
    failed = tried = 0
    for number in chosen(most):
        for more in ({}, {"FAIL_MALLOC_ON": 1}):
            tried += 1
            if wrong := wrong_end(run(shim, *command, FAIL_MALLOC=number, **more), whole):
                failed += 1
                print(f"failed: {' '.join(command[:3])}: allocation {number} of {most}{' and on' if more else ''}: {wrong}")
    print(f"{tried} runs without memory, of {most} allocations; {failed} failed")
    return failed


def writes_fail(shim, folder, trace):
    before = folder / "before.wkp"
    out = folder / "out.wkp"
    _, writes, _ = counts(shim, folder, "import", trace, "-o", before)
    good = before.read_bytes()
    failed = 0
    for number in range(1, writes + 1):
        for how, code in HOWS.items():
            out.write_bytes(b"was here")
            outcome = run(shim, "import", trace, "-o", out, "--force", FAIL_WRITE=number, FAIL_WRITE_HOW=code)
            said = outcome.stderr.decode(errors="replace")
            old = folder / "out.wkp.old"
            kept = [one.read_bytes() for one in (out, old) if one.exists()]
            if outcome.returncode == 0:
                wrong = "" if good in kept else "it says that it is done, and is not"
            else:
                wrong = "" if outcome.returncode == 6 and said.strip() and b"was here" in kept else (
                    f"exit code {outcome.returncode}: {said[-300:]}; there is {[len(one) for one in kept]}")
            if how in ("EINTR", "short") and outcome.returncode != 0:
                wrong = f"it gives up where it could go on: {said[-300:]}"
            if left := [one.name for one in folder.iterdir() if one not in (before, out, old, folder / "counts")]:
                wrong += f" leaves {left}"
            old.unlink(missing_ok=True)
            if wrong:
                failed += 1
                print(f"failed: import: write {number} of {writes}, {how}: {wrong}")
    print(f"{writes} writes failed in {len(HOWS)} ways; {failed} failed")
    return failed + (writes == 0)


def main():
    shim, recording, trace = sys.argv[1:]
    if SANITIZED:
        print("skipped: a sanitizer has an allocator of its own")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        failed = allocations_fail(shim, folder, recording) + writes_fail(shim, folder, trace)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
