#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What each command that reads may still do while it reads, and that it does its work all the same.

As root: it becomes nobody, without capabilities. Else only what holds for every user is looked at. WAKEPATH is the program;
WAKEPATH_FILTERS is 1 where it was built with libseccomp.
"""
import ctypes
import glob
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
PROGRAM = os.environ["WAKEPATH"]
FILTERS = os.environ.get("WAKEPATH_FILTERS") == "1"
ROOT = os.geteuid() == 0
RECORDING = HERE / "lab-timer/timer.wkp"
PATIENCE = 60  # seconds, for a busy machine
NONE = "0" * 16


def fail(text):
    print(f"failed: {text}", file=sys.stderr)
    sys.exit(1)


def status_of(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {name: value.split() for name, value in (line.split(":", 1) for line in text.splitlines())}


def children_of(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]
    except OSError:
        return []


def is_without_rights(status):
    """Nobody and nothing more, as SECURITY.md says of a reader."""
    ours = all(status.get(field) == [NONE] for field in ("CapInh", "CapPrm", "CapEff", "CapAmb"))
    ours = ours and status.get("NoNewPrivs") == ["1"]
    if FILTERS:
        ours = ours and status.get("Seccomp") == ["2"]
    if ROOT:
        ours = ours and status["Uid"] == status["Gid"] == ["65534"] * 4 and not status["Groups"] and status["CapBnd"] == [NONE]
    return ours


def is_tree_reader(status):
    """Root, who may read and nothing else."""
    may = "0000000000080004" if ROOT else NONE  # CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE
    return (status.get("CapPrm") == status.get("CapEff") == [may] and status.get("NoNewPrivs") == ["1"]
            and (not FILTERS or status.get("Seccomp") == ["2"]))


def keeps_names(status):
    """The process that gives a file its name: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER."""
    return status.get("Name") == ["wakepath-names"] and status.get("CapPrm") == ["000000000000000e"]


def wait_for(what, holds, look):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if holds(look()):
            return
        time.sleep(0.01)
    fail(f"{what}: {look()}")


def reads_slowly(work, arguments, source, more=None):
    """Runs the program on a pipe in the place of "FIFO", which has only the first half of `source` until it was looked at."""
    fifo = work / "fifo"
    os.mkfifo(fifo)
    command = [PROGRAM] + [str(fifo) if word == "FIFO" else word for word in arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=work) as run:
        whole = source.read_bytes()
        with open(fifo, "wb", buffering=0) as pipe:
            pipe.write(whole[:len(whole) // 2])
            wait_for(" ".join(command), is_without_rights, lambda: status_of(run.pid))
            if more:
                more(run)
            try:
                pipe.write(whole[len(whole) // 2:])
            except BrokenPipeError:
                pass
        out, err = run.communicate(timeout=PATIENCE)
    fifo.unlink()
    return run.returncode, out, err


def run(*arguments, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, timeout=PATIENCE, check=False, **options)


def check_readers(work):
    for arguments in (["replay", "FIFO"], ["info", "FIFO"], ["audit", "FIFO"], ["explain", "FIFO"], ["advise", "FIFO"],
                      ["compare", "FIFO", str(RECORDING)], ["import", "FIFO", "-o", "out.wkp"],
                      ["export", "FIFO", "--format", "csv", "-o", "tables"], ["export", "FIFO", "--format", "folded", "-o", "stacks"],
                      ["export", "FIFO", "--format", "perfetto", "-o", "timeline"], ["report", "FIFO", "-o", "report.html"]):
        code, _, err = reads_slowly(work, arguments, RECORDING)
        if code not in (0, 1):
            fail(f"{arguments}: exit code {code}: {err.decode()}")
    reads_slowly(work, ["import", "--outline", "FIFO"], HERE / "graph/abstime-6.1.txt")
    (work / "interrupts").write_text(" " * 11 + "CPU0\n" + "".join(f" {irq}:  1  GIC {irq} Level  x{irq}\n" for irq in range(9000)),
                                     encoding="utf-8")
    for command in (["irqs"], ["audit", "--fail-at", "never"], ["irqs", "move", "7", "--cpu", "0", "--dry-run"]):
        reads_slowly(work, [*command, "--root", "FIFO"], work / "interrupts")


def check_tree_reader():
    with subprocess.Popen([PROGRAM, "irqs", "--watch", "--interval", "50ms"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as watch:
        wait_for("irqs --watch", is_tree_reader, lambda: status_of(watch.pid))
        watch.send_signal(signal.SIGINT)
        if watch.wait(PATIENCE) != 0:
            fail(f"irqs --watch: exit code {watch.returncode}")


def has_landlock():
    create_ruleset, version = 444, 1
    return ctypes.CDLL(None).syscall(create_ruleset, None, 0, version) > 0


def check_links(work):
    """What a link of a tree leads to outside of it is not read."""
    if not has_landlock():
        return
    for way, leads in (("irqs", False), ("inside", True)):
        tree, secret = work / way, work / f"secret-of-{way}"
        (tree / "proc").mkdir(parents=True)
        content = " " * 11 + "CPU0\n 7:  1  GIC 7 Level  of-elsewhere\n"
        (tree / "copy" if leads else secret).write_text(content, encoding="utf-8")
        (tree / "proc/interrupts").symlink_to("../copy" if leads else secret)
        for command in (["irqs", "--root", tree], ["audit", "--fail-at", "never", "--root", tree],
                        ["audit", "--fail-at", "never", RECORDING, "--root", tree],
                        ["irqs", "--root", tree, "--snapshot", work / "snapshot.tar", "--force"]):
            run = subprocess.run([PROGRAM, *command], capture_output=True, check=False)
            said = run.stdout + run.stderr
            if "--snapshot" in command and (work / "snapshot.tar").exists():
                said += (work / "snapshot.tar").read_bytes()
            if (b"of-elsewhere" in said) != (leads and command[0] == "irqs" and "--snapshot" not in command):
                fail(f"{command}: {said!r}")
            # An audit names no interrupt, but says where there is nothing to read.
            if command[0] == "audit" and (b"can be read below" in said) == leads:
                fail(f"{command}: {said!r}")


def check_names(work):
    """A file is named by a process that may do that, and has no other work."""
    def see_keeper(run):
        wait_for("the names", lambda all_of: any(keeps_names(one) for one in all_of),
                 lambda: [status_of(child) for child in children_of(run.pid)])

    closed = work / "closed"
    closed.mkdir(mode=0o700)
    out = closed / "named.wkp"
    code, _, err = reads_slowly(work, ["import", "FIFO", "-o", str(out)], RECORDING, see_keeper)
    if code != 0 or out.read_bytes() != RECORDING.read_bytes() or out.stat().st_mode & 0o777 != 0o600 or out.stat().st_uid != 0:
        fail(f"import into root's directory: {code}, {err.decode()}")
    for how in (signal.SIGTERM, signal.SIGKILL):
        reads_slowly(work, ["import", "FIFO", "--force", "-o", str(out)], RECORDING, lambda run, how=how: run.send_signal(how))
        wait_for(f"what is left of an import after {how}", lambda left: left == ["named.wkp"],
                 lambda: sorted(path.name for path in closed.iterdir()))
        if out.read_bytes() != RECORDING.read_bytes():
            fail(f"{how} costs the file that was there")


def check_roots_files(work):
    """What root alone may read is read, and gives the same."""
    closed = work / "for-root"
    closed.mkdir(mode=0o700)
    traces = [*HERE.glob("lab-*/*.wkp"), HERE / "trace-text/perf-script.txt", HERE / "cuts/timer-4.14.txt.gz",
              *map(pathlib.Path, os.environ.get("WAKEPATH_MORE_TRACES", "").split())]
    symbols = closed / "kallsyms"
    symbols.write_text("ffffffff81000000 T _stext\n", encoding="utf-8")
    symbols.chmod(0o600)
    for trace in traces:
        copy = closed / trace.name
        copy.write_bytes(trace.read_bytes())
        copy.chmod(0o600)
        for command in (["replay", "--format", "ndjson"], ["replay", "--kallsyms", symbols], ["info"], ["audit"]):
            if command[-1] == symbols and trace.suffix == ".wkp":
                continue
            mine = run(*command, copy, env={**os.environ, "TMPDIR": str(closed)})
            others = run(*command, trace)
            if (mine.returncode, mine.stdout.replace(bytes(copy), bytes(trace))) != (others.returncode, others.stdout):
                fail(f"{command} {trace} as root's alone: {mine.returncode}: {mine.stderr.decode()}")


def check_perf(work):
    """perf reads a file that crashes it: as nobody, and what happened is said."""
    source = HERE / "rights/perf-crashes.data.xz"
    if not glob.glob("/usr/bin/perf"):
        print("no perf here: not looked at")
        return
    trace = work / "perf.data"
    trace.write_bytes(subprocess.run(["xz", "-dc", source], capture_output=True, check=True).stdout)
    trace.chmod(0o600)
    with subprocess.Popen([PROGRAM, "replay", trace], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as replay:
        seen = False
        while replay.poll() is None:
            for child in children_of(replay.pid):
                status = status_of(child)
                # From its execve on.
                if status.get("Name") == ["perf"] and status.get("State", ["Z"])[0] != "Z":
                    seen = True
                    if not is_without_rights(status):
                        fail(f"perf has rights: {status}")
        err = replay.stderr.read().decode()
    if not seen:
        fail("perf was not seen")
    if replay.returncode != 5 or "perf can't read this perf.data" not in err:
        fail(f"a perf.data that crashes perf: exit code {replay.returncode}: {err}")


def main():
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        check_readers(work)
        check_tree_reader()
        check_links(work)
        check_perf(work)
        if ROOT:
            check_names(work)
            check_roots_files(work)
        else:
            print("not root: rights that only root has to give up were not looked at")


if __name__ == "__main__":
    main()
