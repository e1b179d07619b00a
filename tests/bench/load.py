# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows of a scheduler load, on this machine, as root: is all of it stored, and how fast is it read?"""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import common
import host

EVENTS_LEAST = 20_000_000
BYTES_MARK, BYTES_HOPE = 8, 5
RATE_MARK, RATE_HOPE, TIMES_MARK = 10e6, 20e6, 3


def messaging(loops):
    common.run(["perf", "bench", "-f", "simple", "sched", "messaging", "-p", "-g", "1", "-l", loops])


@contextlib.contextmanager
def recording(command, said, begun=2):
    """A recorder with a file of its own for its messages. SIGINT ends it, and it must end well."""
    process = subprocess.Popen([str(word) for word in command], stdout=said, stderr=said, cwd=common.TOP)
    try:
        time.sleep(begun)
        yield
        if process.poll() is not None:
            raise common.Failed(f"{command[0]} ended by itself, with {process.returncode}")
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait()


def summary_of(dump):
    return json.loads(common.run(["build/wakepath", "replay", "--interval", "0", "--format", "ndjson", dump]).splitlines()[-1])


def timed(command):
    """Wall and CPU seconds of one reader, output to /dev/null, on one CPU."""
    cpu = max(os.sched_getaffinity(0))
    begin = time.monotonic()
    process = subprocess.Popen(["taskset", "-c", str(cpu), *(str(word) for word in command)], cwd=common.TOP,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise common.Failed(f"exit code {process.returncode} of: {' '.join(str(word) for word in command)}")
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime


def lines_of(command):
    """How many lines `command` prints, notes left out: too much to hold."""
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        return sum(1 for line in process.stdout if not line.startswith(b"#"))


def sustained(argv):
    """a load on all CPUs, --events full, default rings: nothing may be lost; bytes on disk an event"""
    options = common.arguments(sustained, argv, seconds=(60, "of load, at the least"), loops=(50_000, "of each perf bench sched messaging, over pipes: more switches a second"),
                               directory=("/dev/shm", "for the dump, about 200 MB"))
    host.prepare("perf")
    with tempfile.TemporaryDirectory(dir=options.directory) as scratch:
        dump, said = pathlib.Path(scratch) / "load.wkp", pathlib.Path(scratch) / "said"
        with open(said, "w") as out, recording(["build/wakepath", "record", *common.without_kvm(), "--events", "full", "-o", dump], out):
            begin = time.monotonic()
            # Of a growing dump only the size is known.
            while time.monotonic() - begin < options.seconds or dump.stat().st_size < EVENTS_LEAST * BYTES_MARK:
                messaging(options.loops)
                if time.monotonic() - begin > 10 * options.seconds:
                    break
            seconds = time.monotonic() - begin
        print(said.read_text().strip())
        summary = summary_of(dump)
        size = dump.stat().st_size
    events, lost, missed = (summary[name] for name in ("events", "lost", "missed"))
    each = size / events
    common.table(["of the load", ""], [["seconds", f"{seconds:.0f}"], ["events", events], ["events/s", f"{events / seconds:.0f}"],
                                       ["lost", lost], ["runs missed", missed], ["ring bytes of each CPU", summary["ring_bytes"]],
                                       ["bytes an event", f"{each:.2f}"]])
    print(f"\nsustained: {lost} of {events} events lost: mark 0 {'met' if lost == 0 else 'MISSED'}")
    print(f"bytes on disk: {each:.2f} an event: {common.verdict(each, BYTES_MARK, BYTES_HOPE)}")
    if events < EVENTS_LEAST:
        print(f"INVALID: fewer than {EVENTS_LEAST} events")
        return 1
    return 0


def replay(argv):
    """the reader: replay to the summary beside perf sched timehist -s and perf script, on one load"""
    options = common.arguments(replay, argv, rounds=(3, "times through all readers"), loops=(20_000, "of perf bench sched messaging"),
                               directory=("/dev/shm", "for the recordings, about 1 GB"))
    host.prepare("perf", "taskset")
    with tempfile.TemporaryDirectory(dir=options.directory) as scratch:
        scratch = pathlib.Path(scratch)
        dump, perf = scratch / "load.wkp", scratch / "perf.data"
        with open(scratch / "said", "w") as said, \
                recording(["build/wakepath", "record", *common.without_kvm(), "--events", "full", "-o", dump], said), \
                recording(["perf", "sched", "record", "-m", "16M", "-o", perf], said):
            messaging(options.loops)
        # Each tool's own stored events are counted, so a loss does not distort the comparison.
        lines = lines_of(["perf", "script", "-i", perf])
        readers = {"wakepath replay": (["build/wakepath", "replay", "--interval", "0", dump], summary_of(dump)["events"], "events of its summary"),
                   "perf sched timehist -s": (["perf", "sched", "timehist", "-s", "-i", perf], lines, "lines of perf script"),
                   "perf script": (["perf", "script", "-i", perf], lines, "lines of it")}
        if min(events for _, events, _ in readers.values()) < options.loops * 20:
            raise common.Failed("a recorder stored too little of the load")
        took = {name: [] for name in readers}
        for _ in range(options.rounds):
            for name, (command, _, _) in readers.items():
                took[name].append(timed(command))
    rows, rates = [], {}
    for name, (_, events, are) in readers.items():
        wall, cpu = (min(of) for of in zip(*took[name]))
        rates[name] = events / cpu
        rows.append([name, events, f"{wall:.2f}", f"{cpu:.2f}", f"{events / wall / 1e6:.2f}", f"{events / cpu / 1e6:.2f}", are])
    common.table(["reader", "events", "wall s", "CPU s", "M/s of wall", "M/s of CPU", "events are"], rows)
    print("trace-cmd report: not measured: no recording of trace-cmd could be made of the same load (its record was refused where this was written)")
    print(f"(one load, recorded by both at once; each reads on one CPU, output to /dev/null; best of {options.rounds}; marks by CPU time)\n")
    ours = rates["wakepath replay"]
    times = ours / rates["perf sched timehist -s"]
    print(f"replay: {ours / 1e6:.2f} M events/s: mark {RATE_MARK / 1e6:.0f} {'met' if ours >= RATE_MARK else 'MISSED'}, "
          f"hope {RATE_HOPE / 1e6:.0f} {'met' if ours >= RATE_HOPE else 'missed'}; {times:.1f} times perf sched timehist -s: "
          f"mark {TIMES_MARK} {'met' if times >= TIMES_MARK else 'MISSED'}")
    return 0
