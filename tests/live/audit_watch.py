#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""audit --watch sees a task come to an isolated CPU and go, as text, as NDJSON and on a terminal."""
import fcntl
import json
import os
import pathlib
import pty
import select
import signal
import struct
import subprocess
import sys
import termios

PROGRAM = os.environ["WAKEPATH"]
PATIENCE = 60  # seconds until what never comes is called a failure
CPU = str(max(os.sched_getaffinity(0)))
WATCH = [PROGRAM, "audit", "--watch", "--isolated", CPU, "--interval", "300ms", "--fail-at", "never"]
CHECK = pathlib.Path(__file__).parents[1] / "check_ndjson.py"


def hog():
    return subprocess.Popen(["taskset", "-c", CPU, "sh", "-c", "while :; do :; done"], stdout=subprocess.DEVNULL)


def is_hog(finding, tid):
    return finding["rule"] == "ran_task" and finding["subject"]["tid"] == tid


def check_ndjson():
    """The hog is in the looks while it runs, and in the whole at the end."""
    watch = subprocess.Popen([*WATCH, "--format", "ndjson"], stdout=subprocess.PIPE, text=True)
    lines, looks, busy = [], [], None
    tid, gone = None, 0
    for text in watch.stdout:
        lines.append(text)
        line = json.loads(text)
        if line["type"] == "finding":
            looks.append(line)
            continue
        seen = any(is_hog(finding, tid) for finding in looks)
        looks.clear()
        if "look" not in line:
            if not seen:
                sys.exit("the whole has no hog")
            continue
        if line["look"]["number"] == 1:
            busy = hog()
            tid = busy.pid
        elif busy and seen:
            busy.kill()
            busy.wait()
            busy = None
        elif not busy and not seen and (gone := gone + 1) == 2:
            watch.send_signal(signal.SIGINT)
    if watch.wait() != 0 or gone < 2:
        sys.exit(f"exit code {watch.returncode}, and {gone} looks without the hog")
    numbers = [line["look"]["number"] for line in map(json.loads, lines) if "look" in line]
    if numbers != list(range(1, len(numbers) + 1)):
        sys.exit(f"looks {numbers}")
    subprocess.run([sys.executable, CHECK], input="".join(lines), text=True, check=True)


def check_text():
    out = subprocess.run([*WATCH, "--for", "1s"], stdout=subprocess.PIPE, text=True, check=True).stdout
    if not out.startswith("Look 1, ") or "\n\nLook 2, " not in out or out.count("Isolated CPUs: ") != out.count("Look ") + 1:
        sys.exit(f"text: {out}")


def check_screen():
    """It draws, takes keys, and prints the whole when it has given the terminal back."""
    screen, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(terminal)
    watch = subprocess.Popen(WATCH, stdin=terminal, stdout=terminal, stderr=terminal, env={**os.environ, "TERM": "xterm"})
    seen = b""
    keys = [(b"wakepath audit", b"?"), (b"/s and busy", b"q"), (b"checked.", b"")]
    while keys:
        if not select.select([screen], [], [], PATIENCE)[0]:
            sys.exit(f"no {keys[0][0]} in {seen}")
        seen += os.read(screen, 65536)
        while keys and keys[0][0] in seen:
            os.write(screen, keys.pop(0)[1])
            seen = b""
    while watch.poll() is None:  # the answer comes first, and more after it
        if select.select([screen], [], [], 0.1)[0]:
            os.read(screen, 65536)
    if watch.returncode != 0 or termios.tcgetattr(terminal) != before:
        sys.exit(f"exit code {watch.returncode}, or the terminal is not as it was")


def main():
    missing = ("not root" if os.geteuid() != 0 else "no BTF" if not os.access("/sys/kernel/btf/vmlinux", os.R_OK) else "")
    if missing:
        print(f"skipped: {missing}")
        sys.exit(f"{missing}, and live tests are required here" if os.environ.get("WAKEPATH_REQUIRE_LIVE") else 77)
    signal.alarm(PATIENCE)
    check_ndjson()
    check_text()
    check_screen()


if __name__ == "__main__":
    main()
