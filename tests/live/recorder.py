#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The flight recorder's processes and files, without a VM: SIGUSR1 makes the recordings. WAKEPATH is the program."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = os.environ["WAKEPATH"]
PATIENCE = 120  # seconds, for a busy machine
BAD_INPUT, BAD_OUTPUT = 5, 6


class Recorder:
    """One that has begun to wait."""

    def __init__(self, directory, *options, after="100ms"):
        self.news = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [PROGRAM, "record", "--without-kvm", "--on", "signal", "--before", "300ms", "--after", after, *options, "-o",
             directory], stderr=self.news)
        self.wait_for("waits for signal")
        time.sleep(0.5)  # so much of the stream is in its window then

    def text(self):
        self.news.seek(0)
        return self.news.read()

    def wait_for(self, what, times=1):
        end = time.monotonic() + PATIENCE
        while self.text().count(what) < times:
            assert time.monotonic() < end and self.process.poll() is None, f"no {what!r}: {self.text()}"
            time.sleep(0.02)

    def children(self):
        """The names of its processes, by number."""
        found = {}
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
            except OSError:
                continue
            if fields["PPid"] == str(self.process.pid):
                found[int(fields["Pid"])] = fields
        return found

    def save(self):
        self.process.send_signal(signal.SIGUSR1)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


def info(path):
    run = subprocess.run([PROGRAM, "info", path, "--format", "ndjson"], capture_output=True, text=True, check=False,
                         timeout=PATIENCE)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return run.returncode, next((line for line in lines if line["type"] == "info"), None)


def check_recording(path):
    code, told = info(path)
    assert code == 0 and told["whole"] and told["lost"] == 0, (code, told)
    assert told["trigger"]["conditions"] == ["signal"], told
    # The first one is its own; one that lies in the time before it may follow.
    assert {one["kind"] for one in told["breaches"]} == {"signal"}, told
    assert told["last_ns"] - told["first_ns"] >= 350_000_000, told
    replay = subprocess.run([PROGRAM, "replay", path, "--format", "ndjson"], capture_output=True, text=True, check=False,
                            timeout=PATIENCE)
    assert replay.returncode == 0, replay.stderr
    summary = json.loads(replay.stdout.splitlines()[-1])
    assert summary["type"] == "summary" and summary["lost"] == 0, summary


def keeps_what_is_there(folder):
    hooks = folder / "hooks"
    recorder = Recorder(folder / "kept", "--exec", f"echo $WAKEPATH_FILE $WAKEPATH_VERDICT >>{hooks}")
    rights = {fields["Name"]: int(fields["CapEff"], 16) for fields in recorder.children().values()}
    names = 1 << 1 | 1 << 2 | 1 << 3  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
    assert rights["wakepath-store"] & ~names == 0, rights
    for times in (1, 2):
        recorder.save()
        recorder.wait_for("kept ", times)
    assert recorder.end() == 0, recorder.text()
    files = sorted((folder / "kept").iterdir())
    assert len(files) == 2, files
    for file in files:
        assert file.stat().st_mode & 0o777 == 0o600, file
        check_recording(file)
    end = time.monotonic() + PATIENCE
    while not hooks.exists() or hooks.read_text().count("\n") < 2:
        assert time.monotonic() < end, "the commands did not run"
        time.sleep(0.02)
    assert sorted(hooks.read_text().splitlines()) == [f"{file} signal" for file in files], hooks.read_text()


def keeps_a_number_of_files(folder):
    recorder = Recorder(folder / "few", "--max-files", "1")
    for times in (1, 2):
        recorder.save()
        recorder.wait_for("let go of" if times == 2 else "kept ")
    assert recorder.end() == 0, recorder.text()
    assert recorder.text().endswith(f"2 breaches, 1 recording in {folder / 'few'}\n"), recorder.text()
    assert len(list((folder / "few").iterdir())) == 1
    recorder = Recorder(folder / "few")
    recorder.save()
    recorder.wait_for("kept ")
    assert recorder.end() == 0
    assert len(list((folder / "few").iterdir())) == 2, "the next run leaves alone what is there"


def outlives_a_kill(folder):
    recorder = Recorder(folder / "killed", after="1h")
    recorder.save()
    end = time.monotonic() + PATIENCE
    while not [one for one in (folder / "killed").glob("*") if one.stat().st_size > 20_000]:
        assert time.monotonic() < end, recorder.text()
        time.sleep(0.02)
    children = recorder.children()
    recorder.process.kill()
    for child in children:
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            pass
    recorder.process.wait(PATIENCE)
    file, = (folder / "killed").iterdir()
    before = file.read_bytes()
    code, told = info(file)
    assert code in (0, BAD_INPUT) and not told["whole"] and told["events"] > 0, (code, told)
    recorder = Recorder(folder / "killed")
    recorder.save()
    recorder.wait_for("kept ")
    assert recorder.end() == 0
    assert file.read_bytes() == before and len(list((folder / "killed").iterdir())) == 2


def goes_on_where_the_disk_is_full(folder):
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "none", disk], check=True)
    try:
        recorder = Recorder(disk / "kept")
        recorder.save()
        recorder.wait_for("kept ")
        first, = (disk / "kept").iterdir()
        before = first.read_bytes()
        fill = disk / "fill"
        with fill.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        recorder.save()
        recorder.wait_for("could not keep ")
        fill.unlink()
        recorder.save()
        recorder.wait_for("kept ", 2)
        assert recorder.end() == BAD_OUTPUT, recorder.text()
        assert first.read_bytes() == before, "what was kept before is touched"
        whole = [file for file in (disk / "kept").iterdir() if info(file)[1] and info(file)[1]["whole"]]
        assert len(whole) == 2, recorder.text()
    finally:
        subprocess.run(["umount", disk], check=True)


def main():
    if os.geteuid() != 0 or not pathlib.Path("/sys/kernel/btf/vmlinux").exists():
        print("skipped: needs root and BTF")
        sys.exit(77)
    for test in (keeps_what_is_there, keeps_a_number_of_files, outlives_a_kill, goes_on_where_the_disk_is_full):
        with tempfile.TemporaryDirectory() as name:
            test(pathlib.Path(name))
        print(f"passed: {test.__name__}")


main()
