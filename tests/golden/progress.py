#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Progress of long work: a bar on a terminal, lines where they are asked for, silence in a pipe: progress.py TRACE RECORDING.

The work is long because its input, or the reader of its output, is late.
"""
import fcntl
import gzip
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

PROGRAM = os.environ["WAKEPATH"]
TRACE, RECORDING = map(pathlib.Path, sys.argv[1:3])
PATIENCE = 60  # seconds until what never comes is called a failure
LATE = 1.2  # longer than the second in which nothing is told
COLUMNS = 60


def repeated(times):
    """The trace again and again, ten seconds later each time."""
    text = TRACE.read_text(encoding="utf-8")
    return "".join(re.sub(r"( +)(\d+)(\.\d{6}:)", lambda m, part=part: f"{m[1]}{int(m[2]) + 10 * part}{m[3]}", text)
                   for part in range(times)).encode()


class OnTerminal:
    """A wakepath whose standard error is a terminal of ours."""

    def __init__(self, *arguments, term="xterm", **options):
        self.screen, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        self.process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=subprocess.PIPE, stderr=terminal,
                                        env={**os.environ, "TERM": term, "NO_COLOR": "1"},
                                        **{"stdout": subprocess.DEVNULL, **options})
        os.close(terminal)
        self.seen = b""

    def read(self):
        """False: nobody writes there any more."""
        try:
            more = os.read(self.screen, 65536)
        except OSError:
            more = b""
        self.seen += more
        return more != b""

    def end(self, code=0):
        self.process.stdin.close()
        while self.read():
            pass
        os.close(self.screen)
        if self.process.wait() != code:
            sys.exit(f"exit code {self.process.returncode}: {self.seen}")

    def feed(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def trickle(self, data, patience=0.1):
        """It looks at the clock after each piece of its work, and waits for the next of its input in between."""
        size = max(1, len(data) // 40)
        for at in range(0, len(data), size):
            self.feed(data[at:at + size])
            if not self.seen and select.select([self.screen], [], [], patience)[0]:
                self.read()


def lines_on_screen(written):
    """What a terminal shows at the end of what was written to it; a line that is too long fails."""
    lines, column = [""], 0
    for part in re.findall(r"\r|\n|\x1b\[K|[^\r\n\x1b]+|\x1b.", written.decode()):
        if part == "\r":
            column = 0
        elif part == "\n":
            lines.append("")
            column = 0
        elif part == "\x1b[K":
            lines[-1] = lines[-1][:column]
        elif part.startswith("\x1b"):
            sys.exit(f"{part!r} in {written}")
        else:
            lines[-1] = lines[-1][:column].ljust(column) + part + lines[-1][column + len(part):]
            column += len(part)
    return lines


def check_bar(bar, name, messages):
    bars = [part for part in bar.seen.decode().split("\r") if part.startswith(name)]
    if not bars or any(len(part.removesuffix("\x1b[K")) >= COLUMNS for part in bars):
        sys.exit(f"no bar, or a long one: {bar.seen}")
    lines = lines_on_screen(bar.seen)
    if len(lines) != len(messages) + 1 or lines[-1] or not all(map(re.fullmatch, messages, lines)):
        sys.exit(f"it left {lines}, not {messages}")


def check_lines(work):
    """Where nobody reads its output, it waits in its midst; its input has a size."""
    path = work / "long\x1b[2J.txt.gz"
    path.write_bytes(gzip.compress(repeated(40), 1))
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    arguments = [PROGRAM, "replay", path, "--wakes", "--format", "ndjson"]
    with subprocess.Popen([*arguments, "--progress"], **options) as told, subprocess.Popen(arguments, **options) as silent:
        yield
        out, error = told.communicate(timeout=PATIENCE)
        silent_out, silent_error = silent.communicate(timeout=PATIENCE)
    line = r"wakepath: \S+/long\\x1b\[2J\.txt\.gz:"
    lines = [text for text in error.decode().splitlines() if re.match(line, text)]
    others = [text for text in error.decode().splitlines() if text not in lines]
    if silent_out != out or silent_error.decode().splitlines() != others or silent.returncode or told.returncode:
        sys.exit("--progress changes what else is printed")
    if len(lines) < 2 or not re.fullmatch(line + r" \d+%, [\d.]+ kB of [\d.]+ kB, [\d.]+ k?B/s, \d+ s left", lines[0]):
        sys.exit(f"lines of progress: {lines}")
    if not re.fullmatch(line + r" [\d.]+ kB read, [\d.]+ k?B/s, in \d+ s", lines[-1]):
        sys.exit(f"the last line: {lines[-1]}")
    yield


def check_quick():
    """What takes less than a second says nothing, on a terminal too. On a machine that is short of time none may be quick."""
    for _ in range(5):
        begin = time.monotonic()
        quick = OnTerminal("replay", RECORDING)
        quick.end()
        if time.monotonic() - begin < 1:
            if quick.seen:
                sys.exit(f"a quick command says {quick.seen}")
            return


def check_packed(work):
    """Of a packed recording its own bytes count."""
    path = work / "packed.wkp"
    path.write_bytes(gzip.compress(RECORDING.read_bytes()[:-200], 1))
    done = subprocess.run([PROGRAM, "replay", path, "--format", "ndjson"], capture_output=True, check=False)
    summary = json.loads(done.stdout.splitlines()[-1])
    if done.returncode != 5 or summary["input_bytes"] != path.stat().st_size or summary["read_bytes"] != summary["input_bytes"]:
        sys.exit(f"{path.stat().st_size} bytes, and {summary['read_bytes']} of {summary['input_bytes']} were read")


def main():
    text, recording = repeated(3), RECORDING.read_bytes()
    begin, rest = text[:len(text) * 2 // 3], text[len(text) * 2 // 3:]
    signal.alarm(PATIENCE)  # a failure then
    first_chunk = 64 + 96 + int.from_bytes(recording[64 + 16:64 + 20], "little")
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        waiting = check_lines(work)
        next(waiting)
        replay, cut, dumb = OnTerminal("replay", "-"), OnTerminal("replay", "-"), OnTerminal("replay", "-", term="dumb")
        into = OnTerminal("import", "-", "-o", work / "made.wkp")
        piped = subprocess.Popen([PROGRAM, "replay", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        shown = OnTerminal("replay", "-", "--format", "ndjson", "--wakes", stdout=subprocess.PIPE)
        for one in (replay, into, dumb, shown):
            one.feed(begin)
        piped.stdin.write(begin)
        cut.feed(recording[:first_chunk])
        check_quick()
        check_packed(work)
        if not shown.process.stdout.readline():
            sys.exit("no results")
        time.sleep(LATE)
        for one in (replay, into):
            one.trickle(rest)
        for one in (dumb, shown):
            one.trickle(rest, 0)
        cut.feed(recording[first_chunk:-200])
        for one, code in ((replay, 0), (into, 0), (dumb, 0), (cut, 5)):
            one.end(code)
        if piped.communicate(rest, timeout=PATIENCE)[1] or piped.returncode:
            sys.exit("a bar in a pipe")
        shown.process.stdin.close()
        if not shown.process.stdout.read() or b"\x1b" in shown.seen:
            sys.exit(f"a bar between results that go to a pipe: {shown.seen}")
        shown.end()
        check_bar(replay, "standard input  ", [])
        check_bar(into, "standard input  ", [r"wakepath: wrote .*"])
        check_bar(cut, "standard input  ", [r"wakepath: -: .*", ".*"])
        if dumb.seen:
            sys.exit(f"a bar on a dumb terminal: {dumb.seen}")
        next(waiting)


if __name__ == "__main__":
    main()
