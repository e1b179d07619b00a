#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a capture may still do while it runs, and that it captures, names and writes all the same. WAKEPATH is the program."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

PROGRAM = os.environ["WAKEPATH"]
PATIENCE = 60  # seconds, for a busy machine
# CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_SYSLOG, CAP_PERFMON, CAP_BPF
MAY = 1 << 2 | 1 << 19 | 1 << 34 | 1 << 38 | 1 << 39
NAMES = 0xe  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER


def fail(text):
    print(f"failed: {text}", file=sys.stderr)
    sys.exit(1)


def rights_of(pid):
    """Of each thread: permitted, no_new_privs."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            lines = (task / "status").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        fields = dict(line.split(":", 1) for line in lines)
        found.append((int(fields["CapPrm"], 16), int(fields["CapEff"], 16), int(fields["NoNewPrivs"])))
    return found


def children_of(pid):
    """What each may do."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return [rights_of(child)[0][0] for child in children]


def capture(work, backend):
    out = work / "closed" / f"{backend}.wkp"
    command = [PROGRAM, "record", "--without-kvm", "--backend", backend, "-d", "3s", "-o", str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as run:
        until = time.monotonic() + PATIENCE
        while not all(one == (MAY, MAY, 1) for one in rights_of(run.pid)):
            if run.poll() is not None or time.monotonic() > until:
                fail(f"{command}: {run.stderr.read().decode() if run.poll() is not None else rights_of(run.pid)}")
            time.sleep(0.01)
        while children_of(run.pid) != [NAMES]:
            if time.monotonic() > until:
                fail(f"children of {command}: {children_of(run.pid)}")
            time.sleep(0.01)
        time.sleep(0.5)
        if not all(one == (MAY, MAY, 1) for one in rights_of(run.pid)):
            fail(f"a thread of {command} has more: {rights_of(run.pid)}")
        said = run.stderr.read().decode()
        if run.wait(PATIENCE) != 0:
            fail(f"{command}: {said}")
    told = subprocess.run([PROGRAM, "info", out], capture_output=True, check=False, timeout=PATIENCE)
    if told.returncode != 0 or b"sched_switch" not in told.stdout:
        fail(f"info of {command}: {told.stdout.decode()}{told.stderr.decode()}")
    if b"INCOMPLETE" in told.stdout:
        fail(f"{command} did not end its recording")


def main():
    if os.geteuid() != 0 or not os.access("/sys/kernel/btf/vmlinux", os.R_OK):
        if os.environ.get("WAKEPATH_REQUIRE_LIVE"):
            fail("not root or no BTF, and live tests are required here")
        print("skipped: not root or no BTF")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        # Somebody else's directory: only CAP_DAC_OVERRIDE may write there.
        (work / "closed").mkdir(mode=0o700)
        os.chown(work / "closed", 1234, 1234)
        for backend in ("bpf", "tracefs"):
            if backend == "bpf" or os.path.exists("/sys/kernel/tracing/instances"):
                capture(work, backend)


if __name__ == "__main__":
    main()
