# SPDX-License-Identifier: GPL-2.0-or-later
"""The screens of `irqs --watch` and `audit --watch` on a terminal of tmux. What they show is this host's, so they are asked for where
things stand, and not for their cells: watch_test.cpp has those."""
import os
import signal
import subprocess

WAKEPATH = os.environ["WAKEPATH"]
NO_CAPTURE = (3, 4)  # exit codes: this host can't do it, or we may not
WATCHES = {"wakepath irqs": "irqs --watch --interval 500ms",
           "wakepath audit": f"audit --watch --interval 500ms --isolated 0-{os.sysconf('SC_NPROCESSORS_CONF') - 1}"}
KEYS = "? help  q quit"


def can_capture():
    done = subprocess.run([WAKEPATH, "audit", "--for", "100ms"], capture_output=True, check=False)
    return done.returncode not in NO_CAPTURE


def start(tmux, title):
    tmux.type(f"clear; {WAKEPATH} {WATCHES[title]}; echo code-$?")
    tmux.wait(lambda: tmux.lines()[0].startswith(title) and KEYS in tmux.lines()[-1], f"the screen of {title}")


def chosen(tmux):
    """The line that is marked."""
    return [row for row, line in enumerate(tmux.lines()) if line.startswith(">")]


def look_on(tmux, title):
    """Two looks differ, and the time of the second is later."""
    first = tmux.lines()
    tmux.wait(lambda: tmux.lines()[0] != first[0], "the next look")


def sized(tmux, columns, rows, title):
    tmux.run("resize-window", "-t", "s", "-x", str(columns), "-y", str(rows))
    tmux.wait(lambda: len(tmux.lines()) == rows and tmux.lines()[0].startswith(title) and KEYS in tmux.lines()[-1]
              and len(tmux.lines()[2]) == columns, f"{title} at {columns}x{rows}")


def walk_through(tmux, title):
    start(tmux, title)
    look_on(tmux, title)
    tmux.keys("Space")
    tmux.wait_text("PAUSED")
    tmux.keys("Home")
    tmux.wait(lambda: chosen(tmux) == [4], "the mark on the first line")
    paused = tmux.lines()
    if paused[5].strip():
        tmux.keys("Down")
        tmux.wait(lambda: chosen(tmux) == [5], "the mark on the second line")
        tmux.keys("Up")
        tmux.wait(lambda: tmux.lines() == paused, "the first screen again")
    tmux.keys("?")
    tmux.wait_text("pause: what is shown stays")
    tmux.keys("?")
    tmux.wait(lambda: tmux.lines() == paused, "the screen without help")
    tmux.keys("/")
    tmux.wait_text("filter: _")
    tmux.keys("n", "o", "n", "e", "!", "Enter")
    tmux.wait_text("nothing matches the filter")
    tmux.keys("Escape")
    tmux.wait(lambda: tmux.lines() == paused, "the screen without a filter")
    sized(tmux, 200, 50, title)
    sized(tmux, 80, 24, title)
    tmux.wait(lambda: tmux.lines() == paused, "the small screen again")
    tmux.keys("C-z")
    tmux.wait_text("Stopped")
    tmux.type("fg; echo code-$?")
    tmux.wait(lambda: tmux.lines() == paused, "the screen after a stop")
    tmux.keys("Space")
    tmux.wait_gone("PAUSED")
    tmux.keys("q")
    tmux.wait(lambda: any(line in ("code-0", "code-1") for line in tmux.lines()), "the end")


def watches(tmux, before):
    """Each leaves the terminal as it was, `before`."""
    for number, title in enumerate(WATCHES):
        if title == "wakepath audit" and not can_capture():
            print("audit --watch is left out: this host can't capture, or we may not")
            continue
        walk_through(tmux, title)
        if tmux.settings(f"watch{number}") != before:
            raise SystemExit(f"{title} leaves another terminal")
        start(tmux, title)
        os.kill(tmux.process(), signal.SIGTERM)
        tmux.wait(lambda: any(line in ("code-0", "code-1") for line in tmux.lines()), "the end by SIGTERM")
        if tmux.settings(f"ended{number}") != before:
            raise SystemExit(f"{title} leaves another terminal after SIGTERM")
