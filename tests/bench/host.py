# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows in real time on this machine, as root: what everybody else pays for the tracing."""
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import time

import common

MARK, HOPE = 0.15, 0.08
AGREE = 0.05  # nothing against nothing, of what ftrace adds
CPUS_MARK, CPUS_HOPE = 1.1, 1.0
TRACEFS = pathlib.Path("/sys/kernel/tracing")
EVENTS = ("default", "event set of all arms")


def prepare(*tools):
    """Builds, and prints the machine. Returns the measured CPU, and the CPU of the vCPU and all readers."""
    if os.geteuid() != 0:
        raise common.Failed("this needs root")
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        raise common.Failed(f"{' '.join(missing)} missing: scripts/setup --bench")
    online = sorted(os.sched_getaffinity(0))
    if len(online) < 2:
        raise common.Failed("this needs two CPUs")
    common.build("build", ["wakepath", "guest_demo", "bench_arms"])
    load = os.getloadavg()[0]
    print(f"{os.uname().machine}, Linux {os.uname().release}, {len(online)} CPUs, load {load:.1f}"
          f"{' (busy: expect noise)' if load > 0.5 else ''}; {common.run(['perf', '--version']).strip()}")
    return online[0], online[1]


@contextlib.contextmanager
def mounted_tracefs():
    ours = not (TRACEFS / "events").is_dir()
    if ours:
        common.run(["mount", "-t", "tracefs", "tracefs", TRACEFS])
    try:
        yield
    finally:
        if ours:
            subprocess.run(["umount", TRACEFS], check=False)


@contextlib.contextmanager
def running(command, cpu, end=signal.SIGINT, **options):
    """`command` on `cpu`, ended by a signal."""
    process = subprocess.Popen(["taskset", "-c", str(cpu), *(str(word) for word in command)], **options)
    try:
        yield process
        if process.poll() is not None:
            raise common.Failed(f"{command[0]} ended by itself, with {process.returncode}")
    finally:
        if process.poll() is None:
            process.send_signal(end)
        process.wait()


def guest(cpu):
    """A vCPU that is alive, 100 wakes a second: the same in every arm. Without KVM there is none, in no arm."""
    if not common.has_kvm():
        print("(this machine has no KVM: no vCPU is alive, in no arm)")
        return contextlib.nullcontext()
    return running([common.TOP / "build" / "guest_demo", "timer", 10_000, 3600], cpu, signal.SIGTERM, stdout=subprocess.DEVNULL)


def same_events(events):
    """The tracepoints of wakepath's event set, as SUBSYSTEM:NAME."""
    names = [line.split("\t")[1] for line in common.run(["build/bench_arms", "events", "--events", events]).splitlines()
             if line.startswith("tracepoint")]
    found = [next((f"{subsystem.name}:{name}" for subsystem in (TRACEFS / "events").iterdir()
                   if (subsystem / name / "enable").exists()), None) for name in names]
    if None in found:
        raise common.Failed(f"tracefs has no {names[found.index(None)]}")
    return found


# The arms. Each is a context: it is on inside. Its own counts are checked at its end, because an arm that was off is
# cheap.

@contextlib.contextmanager
def nothing(_options, _events, _cpu, _scratch):
    yield


@contextlib.contextmanager
def empty_programs(options, _events, cpu, _scratch):
    with running(["build/bench_arms", "empty", "--events", options.events], cpu, cwd=common.TOP):
        time.sleep(2)
        yield


@contextlib.contextmanager
def wakepath(options, _events, cpu, scratch):
    said = scratch / "live.ndjson"
    command = ["build/wakepath", "live", *common.without_kvm(), "--events", options.events, "--format", "ndjson"]
    with open(said, "w") as out, running(command, cpu, stdout=out, cwd=common.TOP):
        time.sleep(2)
        yield
    end = json.loads(said.read_text().splitlines()[-1])
    if end["type"] != "summary" or end["events"] < options.loops or end["lost"] > end["events"] / 100:
        raise common.Failed(f"wakepath: {end['events']} events, {end['lost']} lost")
    if end["lost"]:
        print(f"(wakepath lost {end['lost']} of {end['events']} events)")


@contextlib.contextmanager
def ftrace(options, events, _cpu, _scratch):
    """In a buffer of our own with the kernel's defaults: another tool may have left the common one small, or off."""
    ours = TRACEFS / "instances" / "wakepath-bench"
    ours.mkdir()
    try:
        for file, value in (("options/overwrite", "1"), ("buffer_size_kb", "1408"), ("tracing_on", "1")):
            (ours / file).write_text(value)
        for event in events:
            (ours / "events" / event.replace(":", "/") / "enable").write_text("1")
        yield
        (ours / "tracing_on").write_text("0")
        words = " ".join(path.read_text() for path in ours.glob("per_cpu/cpu*/stats")).split()
        stored = sum(int(words[at + 1]) for at, word in enumerate(words) if word in ("entries:", "overrun:"))
    finally:
        (ours / "events" / "enable").write_text("0")
        ours.rmdir()
    if stored < options.loops:
        raise common.Failed(f"ftrace stored only {stored} events")


@contextlib.contextmanager
def perf_record(options, events, cpu, scratch):
    data = scratch / "perf.data"
    words = [word for event in events for word in ("-e", event)]
    with running(["perf", "record", "-q", "-a", *words, "-o", data], cpu, stderr=subprocess.DEVNULL):
        time.sleep(2)
        yield
    if data.stat().st_size < 40 * options.loops:
        raise common.Failed("perf record stored too little")
    data.unlink()


@contextlib.contextmanager
def bpftrace(options, events, cpu, scratch):
    program = ",".join(f"tracepoint:{event}" for event in events) + " { @events = count(); }"
    said = scratch / "bpftrace"
    with open(said, "w") as out, running(["bpftrace", "-e", program], cpu, stdout=out, stderr=subprocess.DEVNULL):
        time.sleep(6)
        yield
    counted = [line for line in said.read_text().splitlines() if line.startswith("@events")]
    if not counted or int(counted[0].split()[1]) < options.loops:
        raise common.Failed("bpftrace counted too little")


ARMS = [empty_programs, wakepath, ftrace, perf_record, bpftrace]


def ns_per_operation(options, cpu):
    """In CPU time of the two processes, interrupts on top of them included: one of them runs at any time, and the work that others do
    on their CPU meanwhile is left out."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    common.run(["taskset", "-c", cpu, "perf", "bench", "-f", "simple", "sched", "pipe", "-l", options.loops])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e9 / options.loops


def pipe(argv):
    """cost for everybody else: perf bench sched pipe beside wakepath, ftrace, perf record, bpftrace, paired with nothing"""
    options = common.arguments(pipe, argv, events=EVENTS, rounds=(7, "times through all arms"),
                               loops=(200_000, "pipe operations of each measurement"))
    measured, other = prepare("perf", "bpftrace", "taskset")
    print(f"pipe on CPU {measured}; vCPU, tracers' readers on CPU {other}; events {options.events}; {options.rounds} rounds of "
          f"{options.loops} operations")
    alone, added = [], {arm.__name__: [] for arm in ARMS}
    again = []  # nothing against nothing
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch, mounted_tracefs(), guest(other):
        events = same_events(options.events)
        print(f"{common.run(['bpftrace', '--version']).strip()}; {len(events)} events\n", flush=True)
        time.sleep(1)
        ns_per_operation(options, measured)  # warms up
        for number in range(options.rounds):
            for arm in [nothing, *ARMS[number % len(ARMS):], *ARMS[:number % len(ARMS)]]:
                without = ns_per_operation(options, measured)
                with arm(options, events, other, pathlib.Path(scratch)):
                    ns = ns_per_operation(options, measured)
                time.sleep(0.5)
                alone.append(without)
                (again if arm is nothing else added[arm.__name__]).append(ns - without)

    text = common.run(["taskset", "-c", other, "build/bench_arms", "programs", "--events", options.events, "--rounds", 3, "--",
                       "taskset", "-c", measured, "perf", "bench", "-f", "simple", "sched", "pipe", "-l", options.loops])
    common.print_programs(common.per_program(text), "ns", options.loops)
    print()

    base = common.middle(added["ftrace"])
    rows = [["nothing", f"{common.middle(alone):.0f}", f"{common.middle(again):.0f}", f"{min(again):.0f}..{max(again):.0f}", "-"]]
    for name, ns in added.items():
        rows.append([name.replace("_", " "), f"{common.middle(alone) + common.middle(ns):.0f}", f"{common.middle(ns):.0f}",
                     f"{min(ns):.0f}..{max(ns):.0f}", f"{common.middle(ns) / base:.3f}" if base > 0 else "-"])
    common.table(["arm", "CPU ns/op", "added", "spread", "of ftrace's"], rows)
    print("(medians of pairs; the first row: nothing against nothing)\n")
    noise = abs(common.middle(again))
    if base <= 0 or noise > AGREE * base:
        print(f"INVALID: nothing differs from nothing by {noise:.0f} ns, more than {AGREE} of what ftrace adds")
        return 1
    share = common.middle(added["wakepath"]) / base
    print(f"wakepath adds {share:.3f} of what ftrace adds: {common.verdict(share, MARK, HOPE)}")
    return 0


def cpus(argv):
    """several CPUs: what an event costs with two producing CPUs over one, by the programs' own run time"""
    options = common.arguments(cpus, argv, events=EVENTS, rounds=(5, "times one, then two"),
                               loops=(200_000, "pipe operations of each measurement"))
    pair = prepare("perf", "taskset")
    print(f"pipes on CPU {pair[0]}, then on {pair[0]} and {pair[1]} at once; {options.rounds} rounds of {options.loops} operations\n")

    def cost(count):
        """{arm: {program: ns a run}}"""
        pipes = " & ".join(f"taskset -c {cpu} perf bench -f simple sched pipe -l {options.loops} >/dev/null" for cpu in pair[:count])
        text = common.run(["build/bench_arms", "programs", "--events", options.events, "--rounds", 1, "--", "sh", "-c", f"{pipes} & wait"])
        return {arm: {name: ns / runs for name, (runs, ns) in of.items() if runs > options.loops}
                for arm, of in common.per_program(text).items()}

    rounds = [(cost(1), cost(2)) for _ in range(options.rounds)]
    rows, shares = [], {}
    for arm in ("empty", "wakepath"):
        names = sorted(set.intersection(*(set(of[arm]) for both in rounds for of in both)))
        if not names:
            raise common.Failed("no program ran often enough")
        ones, twos = ([sum(both[at][arm][name] for name in names) / len(names) for both in rounds] for at in (0, 1))
        ratios = [two / one for one, two in zip(ones, twos)]
        shares[arm] = common.middle(ratios)
        rows.append([arm, f"{common.middle(ones):.1f}", f"{common.middle(twos):.1f}", f"{shares[arm]:.3f}",
                     f"{min(ratios):.2f}..{max(ratios):.2f}"])
    common.table(["programs", "1 CPU", "2 CPUs", "2 over 1", "spread"], rows)
    print(f"(ns a run, mean over: {' '.join(names)})\n")
    print(f"with two CPUs an event costs {shares['wakepath']:.3f} of what it costs with one: "
          f"{common.verdict(shares['wakepath'], CPUS_MARK, CPUS_HOPE)}")
    print(f"(empty programs, which share nothing: {shares['empty']:.3f}: what this machine's CPUs take from each other)")
    return 0
