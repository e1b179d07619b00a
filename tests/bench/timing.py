# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows of one live run, on this machine, as root: when it begins, how fresh its lines are, what it holds, how it grows."""
import contextlib
import json
import pathlib
import re
import subprocess
import tempfile
import time

import common
import host

POLL_MS = 20  # of the reader; the hold-back, for the order of events, is as long again
START_MARK, START_HOPE = 300, 150
MEMORY_MARK, MEMORY_HOPE = 32, 16
GROWTH_MARK, GROWTH_HOPE = 1.3, 1.1


def live(*words):
    """A live run, whose output is read line by line."""
    return subprocess.Popen(["build/wakepath", "live", *common.without_kvm(), "--format", "ndjson", *words], stdout=subprocess.PIPE,
                            text=True, cwd=common.TOP)


def ended(process):
    if process.wait() != 0:
        raise common.Failed(f"wakepath live ended with {process.returncode}")


def arrivals(guest, period, seconds):
    """Of each wake: ms from its end to the arrival of its line, both CLOCK_MONOTONIC.

    Without the lines that come at the end: live lets the embedded guest finish its period, and reads nothing meanwhile.
    """
    late = []
    process = live("--wakes", "--guest", guest, "--period", period, "-d", f"{seconds}s")
    for text in process.stdout:
        now = time.monotonic_ns()
        line = json.loads(text)
        if line["type"] == "wake" and line["end_ns"] is not None:
            late.append((now, (now - line["end_ns"]) / 1e6))
    ended(process)
    return sorted(ms for arrived, ms in late if arrived < now - 200_000_000)


def spread(values):
    return [f"{value:.1f}" for value in (common.middle(values), values[int(len(values) * 0.99)], values[-1])]


def freshness(argv):
    """from the end of a wake, guest entry, to its line in live --wakes, also where the CPU idles afterwards"""
    options = common.arguments(freshness, argv, seconds=(10, "of each run"))
    if not common.has_kvm():
        print("freshness: not measured: it takes wakes of a vCPU, and this machine has no KVM")
        return 0
    host.prepare()
    rows, worst = [], 0.0
    # The period of x86_64's PIT is 55 ms at most.
    for guest, period in (("timer", "10ms"), ("timer", "50ms"), ("kworker", "500ms")):
        late = arrivals(guest, period, options.seconds)
        if len(late) < options.seconds:
            raise common.Failed(f"only {len(late)} wakes of {guest} at {period}")
        rows.append([f"{guest} {period}", len(late), *spread(late)])
        worst = max(worst, late[-1])
    common.table(["guest", "wakes", "median ms", "p99", "max"], rows)
    print(f"(the interval is the poll's {POLL_MS} ms; what is younger than {POLL_MS} ms is held back on top, to be ordered)\n")
    print(f"freshness: at most {worst:.1f} ms: mark {POLL_MS} ms, one poll, {'met' if worst <= POLL_MS else 'MISSED'}; "
          f"with the hold-back, {2 * POLL_MS} ms, {'met' if worst <= 2 * POLL_MS else 'missed'}")
    return 0


def start(argv):
    """from exec to attached: begin_ns of the header less the time before fork; here and in the lab"""
    options = common.arguments(start, argv, rounds=(7, "starts here"), kernel=("linux-image-cloud-arm64", "of the lab; none: without the lab"))
    host.prepare()
    here = []
    for _ in range(options.rounds):
        before = time.monotonic_ns()
        process = live("-d", "200ms")
        here.append((json.loads(process.stdout.readline())["begin_ns"] - before) / 1e6)
        process.stdout.read()
        ended(process)
    rows = [["here", len(here), f"{common.middle(here):.0f}", f"{max(here):.0f}"]]
    marked = None
    if options.kernel != "none":
        # The shell's only clock is /proc/uptime, in steps of 10 ms.
        script = ("for i in 1 2 3; do read -r up _ </proc/uptime; echo up $up; "
                  "wakepath live -d 200ms --format ndjson | head -n 1; done")
        for name, words in (("lab, plain", []), ("lab, --icount", ["--icount"])):
            text = common.run(["scripts/arm64-lab", "--kernel", options.kernel, *words, "--", "sh", "-c", script])
            ups = [float(up) * 1e3 for up in re.findall(r"^up ([0-9.]+)", text, re.M)]
            begins = [int(ns) / 1e6 for ns in re.findall(r'"begin_ns":(\d+)', text)]
            if not ups or len(ups) != len(begins):
                raise common.Failed(f"the lab said: {text[:500]}")
            took = [begin - up for up, begin in zip(ups, begins)]
            rows.append([name, len(took), f"{common.middle(took):.0f}", f"{max(took):.0f}"])
            marked = common.middle(took)
    common.table(["start", "runs", "median ms", "max"], rows)
    if marked is None:
        print("\nstart in the lab: not measured")
    else:
        print(f"\nstart in the lab, --icount: {marked:.0f} ms: {common.verdict(marked, START_MARK, START_HOPE)}")
    return 0


def held(pid):
    """Anonymous MB of a process (heap, stacks), and MB of its RSS without the mapped rings (anon_inode)."""
    anonymous = rss = 0
    ring = False
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            ring = "anon_inode:" in line
        elif line.startswith("Rss:") and not ring:
            rss += int(line.split()[1])
        elif line.startswith("Anonymous:") and not ring:
            anonymous += int(line.split()[1])
    return anonymous / 1024, rss / 1024


def memory(argv):
    """live at 10,000 wakes/s of the embedded guest: heap and state, the rings apart, over time"""
    options = common.arguments(memory, argv, seconds=(600, "of the run"), samples=(6, "times to look"))
    host.prepare()
    with contextlib.ExitStack() as load:
        if common.has_kvm():
            guest = ["--guest", "kworker", "--period", "100us"]
        else:
            print("(this machine has no KVM: a pipe between two processes is the load, and no wake of a vCPU is held)")
            guest = []
            load.enter_context(pipe_load())
        return memory_under_load(options, guest)


@contextlib.contextmanager
def pipe_load():
    process = subprocess.Popen(["perf", "bench", "-f", "simple", "sched", "pipe", "-l", "1000000000"], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def memory_under_load(options, guest):
    # A file takes every line at once; an unread pipe would hold up the reader.
    out = tempfile.TemporaryFile("w+")
    process = subprocess.Popen(["build/wakepath", "live", *common.without_kvm(), *guest, "--format", "ndjson", "-d", f"{options.seconds}s"],
                               stdout=out, cwd=common.TOP)
    rows, anonymous = [], []
    begin = time.monotonic()
    for at in range(1, options.samples + 1):
        time.sleep(max(0.0, begin + (options.seconds - 2) * at / options.samples - time.monotonic()))
        if process.poll() is not None:
            raise common.Failed(f"wakepath live ended early, with {process.returncode}")
        now, rss = held(process.pid)
        anonymous.append(now)
        rows.append([f"{time.monotonic() - begin:.0f}", f"{now:.2f}", f"{rss:.2f}"])
    ended(process)
    out.seek(0)
    *_, last = out
    summary = json.loads(last)
    common.table(["at s", "anonymous MB", "RSS MB less rings"], rows)
    rate = summary["wakes"] / options.seconds
    growth = anonymous[-1] - anonymous[0]
    print(f"(smaps, without mappings of anon_inode; the embedded guest is in the same process; {rate:.0f} wakes/s, {summary['lost']} events lost)\n")
    print(f"memory: at most {max(anonymous):.1f} MB anonymous: {common.verdict(max(anonymous), MEMORY_MARK, MEMORY_HOPE)}; "
          f"{growth:+.2f} MB from the first look to the last")
    if guest and rate < 5_000:
        print("INVALID: fewer than 5,000 wakes/s")
        return 1
    return 0


def growth(argv):
    """a synthetic host, 2 to 512 CPUs, 1 to 4,096 vCPUs, at equal events: time of an event, memory of a vCPU"""
    options = common.arguments(growth, argv, rounds=(5, "repetitions"))
    common.build("build", ["bench_micro"])
    said = json.loads(common.run(["build/bench_micro", "--benchmark_filter=WholePipeline", "--benchmark_format=json",
                                  f"--benchmark_repetitions={options.rounds}"]))
    best = {}
    for one in said["benchmarks"]:
        if one["run_type"] == "iteration":
            cpus, vcpus = (int(word) for word in one["run_name"].split("/")[1:3])
            ns = 1e9 / one["items_per_second"]
            best[cpus, vcpus] = min(best.get((cpus, vcpus), (ns, one["heap_KiB"])), (ns, one["heap_KiB"]))
    least = best[2, 1]
    common.table(["CPUs", "vCPUs", "ns an event", "of the smallest", "heap KiB", "KiB a vCPU more"],
                 [[cpus, vcpus, f"{ns:.0f}", f"{ns / least[0]:.2f}", f"{heap:.0f}",
                   f"{(heap - best[cpus, 1][1]) / (vcpus - 1):.2f}" if vcpus > 1 and (cpus, 1) in best else "-"]
                  for (cpus, vcpus), (ns, heap) in sorted(best.items())])
    ratio = best[512, 4096][0] / least[0]
    print(f"(best of {options.rounds})\n\ngrowth: {ratio:.2f} times an event: {common.verdict(ratio, GROWTH_MARK, GROWTH_HOPE)}")
    return 0
