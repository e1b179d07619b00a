# SPDX-License-Identifier: GPL-2.0-or-later
"""The rows in the ARM64 lab's instruction clock: free of noise, whatever else this machine does."""
import common

TICK = 16  # instructions: the lab's counter runs at 62.5 MHz
AGREE = 4  # ticks
MARK, HOPE = 0.30, 0.20

# With this counter a nanosecond, which is an instruction, is a tick.
FINE = "-cpu cortex-a76,cntfrq=1000000000"


def in_lab(options, programs, command, cpus=2, qemu=None):
    """Boots, runs, prints the kernel.

    Two CPUs, the vCPU on one, all else on the other: the reader of a production host keeps off the vCPUs' CPUs too, and what
    it does must not stand in the wake path of some wakes and not of others. With one CPU the figures are much the same.
    """
    common.build("build-arm64", ["wakepath", *programs], "-DCMAKE_TOOLCHAIN_FILE=cmake/arm64-toolchain.cmake", "-DWAKEPATH_STATIC=ON",
                 "-DWAKEPATH_TESTS=OFF", "-DCMAKE_UNITY_BUILD=ON")
    boot = ["scripts/arm64-lab", "--no-build", "--icount", "--cpus", cpus, "--kernel", options.kernel]
    for program in programs:
        boot += ["--with", f"build-arm64/{program}"]
    if qemu:
        boot += ["--qemu", qemu]
    kernel, _, rest = common.run([*boot, "--", "sh", "-c", 'uname -r; exec "$@"', "sh", *command]).partition("\n")
    print(f"ARM64 lab, Linux {kernel}, instruction clock, {cpus} CPUs")
    return rest


KERNEL = ("linux-image-cloud-arm64", "as of scripts/arm64-lab")
EVENTS = ("default", "event set of all arms")


def lateness(argv):
    """cost on the wake path, ARM64: the guest's own lateness, nothing attached, empty programs, wakepath, ftrace"""
    # 10.7 ms: the guest's wakes fall evenly between the reader's polls (20 ms) and the host's ticks (4 ms). Jiffies
    # that are to be caught up make two sorts of wakes, 45 ticks apart; of this period 7 in 10 are of one sort, and
    # the median lies well inside it. With 7.3 ms they are half and half, and it falls now in one, now in the other.
    options = common.arguments(lateness, argv, events=EVENTS, kernel=KERNEL, rounds=(3, "times through all arms"),
                               wakes=(600, "of each arm in each round"), period=(10_700, "of the guest in us"))
    text = in_lab(options, ["bench_arms"], ["bench_arms", "lateness", "--events", options.events, "--rounds", options.rounds,
                                            "--wakes", options.wakes, "--period-us", options.period])
    rounds = {}
    for line in text.splitlines():
        word, *fields = line.split("\t")
        if word == "counter_hz" and int(fields[0]) * TICK != 10**9:
            raise common.Failed(f"a counter of {fields[0]} Hz: a tick is not {TICK} instructions")
        if word == "arm":
            rounds.setdefault(fields[0], []).append([int(field) for field in fields[2:]])
    if {name: len(of) for name, of in rounds.items()} != dict.fromkeys(("nothing", "empty", "wakepath", "ftrace"), options.rounds):
        raise common.Failed("an arm is missing")

    medians = {name: [of[1] for of in arm] for name, arm in rounds.items()}
    added = {name: common.middle(of) - common.middle(medians["nothing"]) for name, of in medians.items()}
    stored, lost = ({name: sum(of[at] for of in arm) for name, arm in rounds.items()} for at in (4, 5))
    print(f"events {options.events}; {options.rounds} rounds of {options.wakes} wakes; lateness in ticks of {TICK} instructions\n")
    common.table(["arm", "median", "each round", "p10..p90", "added", "of ftrace's", "events stored"],
                 [[name, f"{common.middle(of):.0f}", " ".join(str(value) for value in of),
                   f"{min(x[2] for x in rounds[name])}..{max(x[3] for x in rounds[name])}", f"{added[name]:.0f}",
                   f"{added[name] / added['ftrace']:.3f}" if added["ftrace"] > 0 else "-",
                   stored[name] or "-"] for name, of in medians.items()])

    apart = max(medians["nothing"]) - min(medians["nothing"])
    complaints = [f"nothing against nothing: {apart} ticks apart, {AGREE} allowed"] if apart > AGREE else []
    complaints += [f"{name} is negative" for name, ticks in added.items() if ticks < 0]
    complaints += [f"{name} stored no events" for name in ("wakepath", "ftrace") if not stored[name]]
    complaints += [f"wakepath lost {lost['wakepath']} events"] if lost["wakepath"] else []
    complaints += ["ftrace adds nothing"] if added["ftrace"] <= 0 else []
    if complaints:
        print(f"\nINVALID: {'; '.join(complaints)}")
        return 1
    print(f"\nvalid: nothing against nothing {apart} ticks apart ({AGREE} allowed), no arm negative, wakepath lost nothing")
    if options.events == "default":
        print(f"wakepath adds {added['wakepath'] / added['ftrace']:.3f} of what ftrace adds, empty programs "
              f"{added['empty'] / added['ftrace']:.3f}: {common.verdict(added['wakepath'] / added['ftrace'], MARK, HOPE)}")
    return 0


def programs(argv):
    """what each BPF program takes in the ARM64 lab, in instructions, beside an empty one"""
    options = common.arguments(programs, argv, events=EVENTS, kernel=KERNEL, wakes=(600, "of the guest"),
                               period=(10_700, "of the guest in us"))
    text = in_lab(options, ["bench_arms"], ["bench_arms", "programs", "--events", options.events, "--rounds", 1, "--wakes",
                                            options.wakes, "--period-us", options.period], qemu=FINE)
    print(f"events {options.events}; all runs on the host, while its guest wakes {options.wakes} times\n")
    common.print_programs(common.per_program(text), "instructions")
    return 0


def pieces(argv):
    """what helpers and maps cost in the ARM64 lab, in instructions: what programs are made of"""
    options = common.arguments(pieces, argv, kernel=KERNEL)
    text = in_lab(options, ["bench_pieces"], ["bench_pieces"], cpus=1, qemu=FINE)
    print(f"instructions over those of a program that does nothing\n\n{text}", end="")
    return 0
