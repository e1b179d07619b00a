#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What comes through a pipe is shown as it comes, and what ends early says so: streams.py TRACE RECORDING.

Nothing here depends on time: each step waits for what the one before it must bring, while the pipe's writer is there.
"""
import gzip
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

PROGRAM = os.environ["WAKEPATH"]
PATIENCE = 60  # seconds until a step that never comes is called a failure


class Failure(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failure(what)


def repeated(path, times):
    """The trace again and again, ten seconds later each time."""
    text = path.read_text()
    return [re.sub(r"( +)(\d+)(\.\d{6}:)", lambda m: f"{m[1]}{int(m[2]) + 10 * part}{m[3]}", text)
            for part in range(times)]


class Replay:
    """A wakepath that reads a pipe of ours."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([PROGRAM, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        signal.alarm(PATIENCE)

    def feed(self, data):
        self.process.stdin.write(data if isinstance(data, bytes) else data.encode())
        self.process.stdin.flush()

    def wait_for(self, pattern):
        """Up to the first line of its output that matches, while its input is open."""
        while line := self.process.stdout.readline().decode():
            if re.search(pattern, line):
                return line
        raise Failure(f"it ended without a line {pattern!r}: {self.process.stderr.read().decode()}")

    def end(self, by_signal=None):
        """Its exit code, and the rest of its output; a signal ends it while its input is open."""
        if by_signal:
            self.process.send_signal(by_signal)
        else:
            self.process.stdin.close()
        out = self.process.stdout.read().decode()
        error = self.process.stderr.read().decode()
        code = self.process.wait()
        signal.alarm(0)
        return code, out, error


def first_chunk(recording):
    """The recording up to the end of its first chunk: docs/dump-format.md."""
    whole = recording.read_bytes()
    return whole[:64 + 96 + int.from_bytes(whole[64 + 16:64 + 20], "little")]


def summary_of(ndjson):
    return [json.loads(line) for line in ndjson.splitlines() if '"type":"summary"' in line][-1]


def shown_as_it_comes(trace, recording):
    parts = repeated(trace, 4)
    begin = first_chunk(recording)
    for form, pattern in ((["--wakes"], r"total \d"), (["--format", "ndjson"], '"type":"wake"'),
                          (["--interval", "50ms"], r"wakes? of \d+ vCPU")):
        for what, pieces in (("text", parts), ("a recording", [begin, recording.read_bytes()[len(begin):]])):
            replay = Replay("replay", "-", *form)
            for piece in pieces[:-1]:
                replay.feed(piece)
            replay.wait_for(pattern)
            replay.feed(pieces[-1])
            code, out, error = replay.end()
            check(code == 0, f"{what} {form}: exit code {code}: {error}")
            check("interrupted" not in out and "in the middle" not in out, f"{what} {form}: {out}")


def line_by_line(trace, _):
    """Somebody reads trace_pipe of a host where little happens."""
    replay = Replay("replay", "-", "--format", "ndjson")
    for line in "".join(repeated(trace, 2)).splitlines(keepends=True):
        replay.feed(line)
    replay.wait_for('"type":"wake"')
    check(replay.end()[0] == 0, "line by line")


def interrupted(trace, recording):
    parts = repeated(trace, 4)
    for by in (signal.SIGINT, signal.SIGTERM):
        for pieces in (parts, [first_chunk(recording)]):
            for verdicts, expected in (([], 0), (["--fail-on", "wakes < 1"], 1)):
                replay = Replay("replay", "-", "--format", "ndjson", *verdicts)
                for piece in pieces:
                    replay.feed(piece)
                replay.wait_for('"type":"wake"')
                code, out, error = replay.end(by)
                summary = summary_of(out)
                check(code == expected, f"{by}: exit code {code}, not {expected}: {error}")
                check(summary["partial"] == "interrupted", f"{by}: {summary['partial']}")
                check(summary["read_bytes"] > 0 and summary["input_bytes"] is None, f"{by}: what was read: {summary}")
                check(not verdicts or '"result":"not_judged"' in out, f"{by}: it is judged: {out}")
                check("ends inside" not in error and "cut" not in error, f"{by}: blames the input: {error}")
            replay = Replay("replay", "-", "--interval", "50ms")
            for piece in pieces:
                replay.feed(piece)
            replay.wait_for(r"wakes? of")
            code, out, _ = replay.end(by)
            check(code == 0 and re.search(r"Look out: interrupted after [\d.]+", out), f"{by}: {code} {out}")
    # In the middle of a line, and before anything is known.
    for data in ("".join(parts)[:-40], ""):
        replay = Replay("replay", "-", "--format", "ndjson")
        replay.feed(data)
        if data:
            replay.wait_for('"type":"wake"')
        else:
            wait_until_it_reads(replay.process.pid)
        code, out, error = replay.end(signal.SIGINT)
        check(code == (0 if data else 130), f"exit code {code}: {error}")
        check("ends inside" not in error, error)


def wait_until_it_reads(pid):
    """It sleeps, and minds our signal."""
    while True:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        caught = int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16)
        if caught & 1 << (signal.SIGINT - 1) and re.search(r"State:\s*S", status):
            return


def truncated(trace, recording):
    with tempfile.TemporaryDirectory() as folder:
        cut = pathlib.Path(folder) / "cut"
        text = trace.read_bytes()
        in_a_line = text[:text.rindex(b"sched_switch") + 30]
        whole = recording.read_bytes()
        packed = gzip.compress("".join(repeated(trace, 40)).encode())[:-100]
        inputs = {"text": in_a_line, "packed text": packed, "a recording": whole[:len(whole) * 2 // 3],
                  "a recording without its end": first_chunk(recording)}
        for name, data in inputs.items():
            cut.write_bytes(data)
            for source in (str(cut), "-"):
                with open(cut, "rb") as stdin:
                    done = subprocess.run([PROGRAM, "replay", source, "--format", "ndjson", "--fail-on", "lost > 100"],
                                          stdin=stdin, capture_output=True, text=True, timeout=PATIENCE)
                check(done.returncode == 5, f"{name}: exit code {done.returncode}: {done.stderr}")
                check(summary_of(done.stdout)["partial"] == "truncated", f"{name} {source}: {done.stdout[-300:]}")
                check('"result":"not_judged"' in done.stdout, f"{name}: it is judged")
            done = subprocess.run([PROGRAM, "replay", str(cut)], capture_output=True, text=True, timeout=PATIENCE)
            check("Look out: the input ends in the middle" in done.stdout, f"{name}: {done.stdout}")


def main():
    trace, recording = map(pathlib.Path, sys.argv[1:3])
    try:
        for test in (shown_as_it_comes, line_by_line, interrupted, truncated):
            test(trace, recording)
    except Failure as failure:
        sys.exit(f"failed: {test.__name__}: {failure}")


if __name__ == "__main__":
    main()
