#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each write of a record fails in turn: failing_writes.py SHIM. WAKEPATH is the program; SHIM is golden/hostile/failing.c, built.

There is a clear end each time; what had been written can be replayed, and what stood there before is kept.
"""
import errno
import os
import pathlib
import subprocess
import sys
import tempfile

PROGRAM = os.environ["WAKEPATH"]
HOWS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "EINTR": errno.EINTR, "short": 0}
PATIENCE = 120  # seconds, for a busy machine
BAD_INPUT, BAD_OUTPUT = 5, 6


def record(shim, out, **settings):
    environment = {**os.environ, "LD_PRELOAD": shim, **{name: str(value) for name, value in settings.items()}}
    return subprocess.run([PROGRAM, "record", "--without-kvm", "-d", "80ms", "--force", "-o", out], env=environment,
                          capture_output=True, text=True, check=False, timeout=PATIENCE)


def info(path):
    return subprocess.run([PROGRAM, "info", path], capture_output=True, text=True, check=False, timeout=PATIENCE)


def wrong_end(outcome, how, out, before):
    """What is wrong with it; empty: nothing."""
    old = out.with_name(out.name + ".old")
    kept = [one.read_bytes() for one in (out, old) if one.exists()]
    if outcome.returncode == 0:
        return "" if info(out).returncode == 0 else f"it says that it is done, and is not: {info(out).stderr}"
    if how in ("EINTR", "short"):
        return f"it gives up where it could go on: {outcome.stderr}"
    if outcome.returncode != BAD_OUTPUT or not outcome.stderr.strip():
        return f"exit code {outcome.returncode}: {outcome.stderr}"
    if before not in kept:
        return f"what was there before is lost: {[len(one) for one in kept]}"
    # What is left besides the old one can be read.
    if old.exists() and info(out).returncode not in (0, BAD_INPUT):
        return f"what is left can't be read: {info(out).stderr}"
    return ""


def main():
    shim = sys.argv[1]
    if os.geteuid() != 0 or not pathlib.Path("/sys/kernel/btf/vmlinux").exists():
        print("skipped: needs root and BTF")
        sys.exit(77)
    failed = tried = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        out, old, counts = folder / "out.wkp", folder / "out.wkp.old", folder / "counts"
        first = record(shim, out, FAIL_COUNT=counts)
        if first.returncode != 0:
            print(f"failed: exit code {first.returncode}: {first.stderr}")
            sys.exit(1)
        before = out.read_bytes()
        writes = int(counts.read_text().split()[1])
        for number in range(1, writes + 1):
            for how, code in HOWS.items():
                out.write_bytes(before)
                outcome = record(shim, out, FAIL_WRITE=number, FAIL_WRITE_HOW=code)
                tried += 1
                if wrong := wrong_end(outcome, how, out, before):
                    failed += 1
                    print(f"failed: write {number} of {writes}, {how}: {wrong}")
                left = [one.name for one in folder.iterdir() if one not in (out, old, counts)]
                if left:
                    failed += 1
                    print(f"failed: write {number} of {writes}, {how}: leaves {left}")
                old.unlink(missing_ok=True)
    print(f"{writes} writes failed in {len(HOWS)} ways, {tried} runs; {failed} failed")
    sys.exit(1 if failed or writes == 0 else 0)


if __name__ == "__main__":
    main()
