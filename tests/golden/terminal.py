#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The screen on a terminal of tmux: terminal.py DIRECTORY-OF-GOLDEN-CASES.

It starts, moves, opens, filters, resizes, stops and quits, and each screen must be the expected cells of the golden cases. The
terminal is the same after any end: quitting, SIGTERM, SIGSEGV, a closed terminal. It waits for text, never for a time.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import terminal_watch

GOLDEN = pathlib.Path(sys.argv[1]).resolve()
WAKEPATH = os.environ["WAKEPATH"]
PATIENCE = 20  # seconds: a machine that hangs


def expected(case, number, columns):
    """The cells of the case's screen of that number, from 1."""
    screens = (GOLDEN / "screen" / case / "expected").read_text().split("== ")[1:]
    return [line[:columns].rstrip() for line in screens[number - 1].splitlines()[1:]]


class Tmux:
    def __init__(self, folder, columns=80, rows=24):
        self.folder = folder
        self.socket = str(folder / "socket")
        environment = {key: value for key, value in os.environ.items() if key not in ("TMUX", "NO_COLOR")}
        environment.update(LC_ALL="C.UTF-8")
        self.environment = environment
        self.run("new-session", "-d", "-x", str(columns), "-y", str(rows), "-s", "s",
                 "PS1='ready$ ' exec bash --norc --noprofile")
        self.run("set-option", "-g", "window-size", "manual")
        self.wait_text("ready$")

    def run(self, *arguments):
        command = ["tmux", "-S", self.socket, "-f", "/dev/null", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{command}: {done.stderr}")
        return done.stdout

    def lines(self):
        return [line.rstrip() for line in self.run("capture-pane", "-p", "-t", "s").splitlines()]

    def keys(self, *keys):
        self.run("send-keys", "-t", "s", *keys)

    def type(self, text):
        self.run("send-keys", "-t", "s", "-l", text)
        self.keys("Enter")

    def wait(self, is_there, what):
        end = time.monotonic() + PATIENCE
        while not is_there():
            if time.monotonic() > end:
                raise SystemExit(f"{what} did not come; there is:\n" + "\n".join(self.lines()))
            time.sleep(0.02)

    def wait_text(self, text):
        self.wait(lambda: any(text in line for line in self.lines()), repr(text))

    def wait_gone(self, text):
        self.wait(lambda: all(text not in line for line in self.lines()), f"the end of {text!r}")

    # Of a playing recording the top line says where it is, and the last one has other keys.
    def wait_cells(self, cells, what):
        end = time.monotonic() + PATIENCE
        while self.lines()[1:-1] != cells[1:-1]:
            if time.monotonic() > end:
                there = self.lines()
                for row, (is_so, should) in enumerate(zip(there, cells)):
                    if is_so != should:
                        print(f"row {row}\n  is     {is_so!r}\n  should {should!r}")
                raise SystemExit(f"not the cells of {what}")
            time.sleep(0.02)

    def settings(self, name):
        """What stty says, and that the shell is there again."""
        self.type(f"stty -a >{name}; echo done-{name}")
        self.wait(lambda: f"done-{name}" in self.lines(), name)
        return (self.folder / name).read_text()

    def process(self):
        shell = self.run("list-panes", "-t", "s", "-F", "#{pane_pid}").strip()
        children = pathlib.Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(children[0])


def start(tmux, recording, more=""):
    tmux.type(f"clear; {WAKEPATH} replay {GOLDEN / recording} --target 10ms --screen {more}; echo code-$?")
    tmux.wait_text("wakepath replay  Linux")
    tmux.keys("G")
    tmux.wait_text("end at")


def walk_through(tmux):
    recording = "damage/kworker.wkp"
    start(tmux, recording)
    tmux.wait_cells(expected("two-vcpus", 1, 80), "the start")
    tmux.keys("Down")
    tmux.wait_cells(expected("two-vcpus", 2, 80), "the second row")
    tmux.keys("Enter")
    tmux.wait_cells(expected("two-vcpus", 3, 80), "the paths")
    tmux.keys("Enter")
    tmux.wait_cells(expected("two-vcpus", 4, 80), "the wakes")
    tmux.keys("Down", "Enter")
    tmux.wait_cells(expected("two-vcpus", 5, 80), "the steps")
    tmux.keys("Left", "Left", "Left", "/")
    tmux.wait_text("filter: _")
    tmux.keys("v", "c", "p", "u", "Space", "0", "Enter")
    tmux.wait_text("only /vcpu 0")
    tmux.wait_gone("guest              1")
    tmux.keys("/")
    tmux.wait_text("filter: vcpu 0_")
    tmux.keys("Escape")
    tmux.wait_text("guest              1")
    tmux.keys("Home")
    tmux.run("resize-window", "-t", "s", "-x", "200", "-y", "50")
    tmux.wait_cells(expected("two-vcpus", 8, 200), "the large screen")
    tmux.run("resize-window", "-t", "s", "-x", "80", "-y", "24")
    tmux.wait_cells(expected("two-vcpus", 1, 80), "the small screen again")
    tmux.keys("C-z")
    tmux.wait_text("Stopped")
    tmux.type("fg; echo code-$?")
    tmux.wait_cells(expected("two-vcpus", 1, 80), "the screen after a stop")
    tmux.keys("q")
    tmux.wait_text("code-0")


def ended_by(tmux, sign, code):
    start(tmux, "damage/timer.wkp")
    os.kill(tmux.process(), sign)
    tmux.wait_text(f"code-{code}")


def wakes_of(path, *options):
    """Without what depends on the wakes before: its number, and for how long the vCPU slept."""
    command = [WAKEPATH, "replay", path, "--format", "ndjson", "--wakes", *options]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [{key: value for key, value in wake.items() if key not in ("id", "blocked_ns")}
            for wake in map(json.loads, lines) if wake["type"] == "wake"]


def saved_wake(tmux, folder):
    """w cuts the chosen wake out of the recording, though the screen shows its end."""
    recording = "audit/recorded.wkp"
    start(tmux, recording, "--save saved")
    tmux.keys("w")
    tmux.wait_text("saved saved/")
    tmux.keys("Space", "w")  # once more, under another name
    tmux.wait(lambda: len(list((folder / "saved").iterdir())) == 2, "the second recording")
    tmux.keys("q")
    tmux.wait_text("code-0")
    worst = max(wakes_of(GOLDEN / recording), key=lambda wake: wake["total_ns"])
    for path in sorted((folder / "saved").iterdir()):
        if wakes_of(path, "--breach") != [worst]:
            raise SystemExit(f"{path} has not the slowest wake, but {wakes_of(path, '--breach')}, not {worst}")


def closed_terminal(folder):
    """The program ends when its terminal goes."""
    tmux = Tmux(folder)
    start(tmux, "damage/timer.wkp")
    process = tmux.process()
    tmux.run("kill-server")
    end = time.monotonic() + PATIENCE
    while pathlib.Path(f"/proc/{process}").exists() and "State:\tZ" not in pathlib.Path(
            f"/proc/{process}/status").read_text():
        if time.monotonic() > end:
            raise SystemExit("it goes on without a terminal")
        time.sleep(0.02)


def main():
    if shutil.which("tmux") is None:
        print("no tmux")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tmux = Tmux(folder)
        try:
            tmux.type(f"cd {folder}")
            before = tmux.settings("before")
            walk_through(tmux)
            saved_wake(tmux, folder)
            terminal_watch.watches(tmux, before)
            for number, (sign, code) in enumerate(((signal.SIGTERM, 0), (signal.SIGSEGV, 139), (signal.SIGABRT, 134))):
                if tmux.settings(f"after{number}") != before:
                    raise SystemExit("the terminal is not as it was")
                ended_by(tmux, sign, code)
            if tmux.settings("last") != before:
                raise SystemExit("the terminal is not as it was")
        finally:
            tmux.run("kill-server")
        other = folder / "other"
        other.mkdir()
        closed_terminal(other)
    print("all as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
