# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows of a scheduler load, on this machine, as root: is it stored whole."""
import contextlib
import json
import pathlib
import signal
import subprocess
import tempfile
import time

import common
import host

EVENTS_LEAST = 20_000_000
BYTES_MARK, BYTES_HOPE = 8, 5


def messaging(loops):
    common.run(["perf", "bench", "-f", "simple", "sched", "messaging", "-p", "-g", "1", "-l", loops])


@contextlib.contextmanager
def recording(command, said, begun=2):
    """A recorder with a file of its own for what it says; ended by SIGINT, and must end well."""
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


def sustained(argv):
    """a load on all CPUs, --events full, default rings: nothing may be lost; bytes on disk an event"""
    options = common.arguments(sustained, argv, seconds=(60, "of load, at the least"), loops=(50_000, "of each perf bench sched messaging, over pipes: more switches a second"),
                               directory=("/dev/shm", "for the dump, about 200 MB"))
    host.prepare("perf")
    with tempfile.TemporaryDirectory(dir=options.directory) as scratch:
        dump, said = pathlib.Path(scratch) / "load.wkp", pathlib.Path(scratch) / "said"
        with open(said, "w") as out, recording(["build/wakepath", "record", "--events", "full", "-o", dump], out):
            begin = time.monotonic()
            # What is known of a dump while it grows is its size.
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
