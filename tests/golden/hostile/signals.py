#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A signal at any time ends each command, soon: signals.py TRACE.

WAKEPATH_SIGNAL_RUNS says how often, over all commands. With more than the usual runs the limit is 200 ms, without what the
command waited for a CPU that others had; and captures are interrupted too, where this host can do them.
WAKEPATH_MORE_TRACES: files to read besides, as perf.data and trace.dat.
"""
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

from recording import MEGA, PROGRAM_PATH, SANITIZED, batch, begin, event, recording, tick

USUAL_RUNS = 40
GENEROUS = 2.0  # seconds; a machine that is busy with other tests may take its time
SOON = 0.2
SECOND = 1_000_000_000


def held(cpus=8, events=1_500_000):
    """One chunk after the other, whose events all wait for one tick at the end."""
    records = begin(cpus)
    for first in range(0, events, 2000):
        cpu = first // 2000 % cpus
        records.append(batch(cpu, [event(SECOND + first + i, (21, 22, 26, 27)[i % 4], 10 + i % 50,
                                         (10 + i % 50).to_bytes(4, "little") + bytes(12)) for i in range(2000)]))
    return recording(records + [tick(3 * SECOND)], 15 * MEGA)


def long_text(trace, times):
    text = trace.read_text()
    return "".join(re.sub(r"( +)(\d+)(\.\d{6}:)", lambda m: f"{m[1]}{int(m[2]) + 10 * part}{m[3]}", text)
                   for part in range(times))


def commands(folder, trace):
    small = folder / "held.wkp"
    small.write_bytes(held())
    text = folder / "long.txt"
    text.write_text(long_text(trace, 600))
    long = folder / "long.wkp"
    subprocess.run([PROGRAM_PATH, "import", text, "-o", long], check=True, stderr=subprocess.DEVNULL)
    packed = folder / "long.txt.xz"
    with packed.open("wb") as out:
        subprocess.run(["xz", "-0", "-c", text], check=True, stdout=out)
    more = [pathlib.Path(one) for one in os.environ.get("WAKEPATH_MORE_TRACES", "").split()]
    for of in (small, long, text, packed, *more):
        yield "replay", of
        yield "replay", "--format", "ndjson", "--wakes", of
        yield "replay", "--fail-on", "lost > 0", of
        yield "info", of
        yield "audit", of
        yield "import", of, "-o", folder / "out.wkp", "--force"
        yield "explain", of
        yield "advise", of
        yield "compare", of, of
        yield "report", of, "-o", folder / "out.html", "--force"
        yield "report", of, of, "-o", folder / "out.html", "--force"
        yield "export", of, "--format", "perfetto", "-o", folder / "out.pftrace", "--force"
    yield "anonymize", long, "-o", folder / "alias.wkp", "--force"
    yield "info", "--what-is-inside", long
    yield "export", long, "--format", "folded", "--wake", "9", "--around", "50ms", "-o", folder / "out.folded", "--force"
    host = folder / "host"
    make_host(host)
    archive = folder / "host.tar"
    subprocess.run(["tar", "-cf", archive, "-C", host, "proc"], check=True)
    for root in (host, archive):
        yield "irqs", "--root", root
        yield "irqs", "--root", root, "--snapshot", folder / "copy.tar.zst", "--force"
        yield "audit", "--root", root
        yield "audit", long, "--root", root
    yield "irqs", "--watch", "--duration", "1s", "--interval", "10ms"


def make_host(host):
    """A host of many interrupts and processes."""
    (host / "proc/irq").mkdir(parents=True)
    (host / "proc/interrupts").write_text(" " * 11 + "CPU0\n" + "".join(
        f" {irq}:  1  GIC {irq} Level  x{irq}\n" for irq in range(9000)), encoding="utf-8")
    for pid in range(2000):
        (host / f"proc/{pid}").mkdir()
        (host / f"proc/{pid}/comm").write_text("x\n", encoding="utf-8")


def captures(folder):
    """What captures here, where that is possible."""
    record = ("record", "--without-kvm", "-d", "1s", "--force", "-o", folder / "here.wkp")
    if subprocess.run([PROGRAM_PATH, *record], capture_output=True, check=False).returncode != 0:
        print("no captures here: not looked at")
        return
    yield record
    yield "live", "--without-kvm", "-d", "1s"
    yield "audit", "--for", "1s"
    yield ("doctor",)


def whole_run(command):
    """Its seconds, its exit code and the end of its output."""
    started = time.monotonic()
    done = subprocess.run([PROGRAM_PATH, *command], capture_output=True, check=False)
    return time.monotonic() - started, done.returncode, done.stdout[-40:].decode(errors="replace")


def waited_for_cpu(pid):
    """Seconds in which it could have run, and others did."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text(encoding="utf-8").split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def interrupted(command, after, by):
    """How long it went on, with and without waiting for a CPU, its exit code and its output; None: it had ended before."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        process = subprocess.Popen([PROGRAM_PATH, *command], stdout=out, stderr=error)
        time.sleep(after)
        if process.poll() is not None:
            return None
        waits = [waited_for_cpu(one) for one in (process.pid, "self")]
        sent = time.monotonic()
        os.kill(process.pid, by)  # send_signal() would reap one that has just ended
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        took = time.monotonic() - sent
        # We wait too, from its end on.
        waited = sum(waited_for_cpu(one) - before for one, before in zip((process.pid, "self"), waits))
        code = process.wait()
        out.seek(0)
        error.seek(0)
        return (took, max(0.0, took - waited), code, out.read().decode(errors="replace"),
                error.read().decode(errors="replace"))


WRITES = ("import", "anonymize", "irqs", "report", "export")
ENDS_SO = ("record", "live")  # for these a signal is the usual end


def is_said(command, code, out, error, whole):
    """Does it say that it is a part, or had it come to its end by then, or not yet begun?"""
    _, usual_code, end = whole
    told = out + error
    if code == -signal.SIGTERM or code == -signal.SIGINT:
        return not out or out.endswith(end)  # before it could listen, or after all was done
    if command[0] in WRITES:
        return code == usual_code or "interrupted" in told or "wakepath: stopped: " in told
    if "interrupted" in told or "wakepath: stopped: " in told or '"partial":"interrupted"' in told:
        return "verdict passed" not in told
    return code == usual_code or command[0] in ENDS_SO and code == 130  # it was at its end


def main():
    trace = pathlib.Path(sys.argv[1])
    runs = int(os.environ.get("WAKEPATH_SIGNAL_RUNS", str(USUAL_RUNS)))
    limit = GENEROUS if runs <= USUAL_RUNS or SANITIZED else SOON
    pick = random.Random(int(os.environ.get("WAKEPATH_SIGNAL_SEED", "1")))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what is started in the background may have it ignored
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    failed, took, in_time, late, in_all = 0, [], 0, 0, []
    with tempfile.TemporaryDirectory() as name:
        all_commands = list(commands(pathlib.Path(name), trace))
        if runs > USUAL_RUNS and not SANITIZED:
            all_commands += captures(pathlib.Path(name))
        if runs < len(all_commands):
            pick.shuffle(all_commands)
        whole = {}
        for number in range(runs):
            at = number % len(all_commands)
            command, by = all_commands[at], pick.choice((signal.SIGTERM, signal.SIGINT))
            if at not in whole:
                whole[at] = whole_run(command)
            outcome = interrupted(command, pick.random() * whole[at][0], by)
            if outcome is None:
                late += 1
                continue
            in_all_seconds, after, code, out, error = outcome
            took.append(after)
            in_all.append(in_all_seconds)
            in_time += after <= SOON
            shown = " ".join(str(one) for one in command).replace(name + "/", "")
            if after > limit or not is_said(command, code, out, error, whole[at]):
                failed += 1
                print(f"failed: {shown}: {by.name}: {after * 1000:.0f} ms ({in_all_seconds * 1000:.0f} by the clock), "
                      f"exit code {code}: {error[-300:]} {out[-300:]}")
    took.sort()
    print(f"{runs} signals, {late} after the end, {in_time} of {len(took)} ended within {SOON * 1000:.0f} ms, "
          f"the slowest after {took[-1] * 1000 if took else 0:.0f} ms, half within "
          f"{took[len(took) // 2] * 1000 if took else 0:.0f} ms; by the clock, with waiting for a CPU, the slowest after "
          f"{max(in_all, default=0) * 1000:.0f} ms; {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
