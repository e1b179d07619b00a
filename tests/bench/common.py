# SPDX-License-Identifier: GPL-2.0-or-later
"""Functions that all rows of scripts/bench share."""
import argparse
import os
import pathlib
import statistics
import subprocess

TOP = pathlib.Path(__file__).resolve().parent.parent.parent


class Failed(Exception):
    """Nothing was measured."""


def has_kvm():
    return pathlib.Path("/dev/kvm").exists()


def without_kvm():
    """The option with which record and live start on this machine too."""
    return [] if has_kvm() else ["--without-kvm"]


def arguments(row, argv, **options):
    """The options of a row: name=(default, help)."""
    parser = argparse.ArgumentParser(prog=f"scripts/bench {row.__name__}", description=row.__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, (default, text) in options.items():
        parser.add_argument(f"--{name}", default=default, type=type(default), help=f"{text} (default {default})")
    return parser.parse_args(argv)


def run(command, **options):
    """Standard output of `command`; its standard error is the user's."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=False, cwd=TOP, **options)
    if done.returncode != 0:
        raise Failed(f"exit code {done.returncode} of: {' '.join(str(word) for word in command)}")
    return done.stdout


def build(directory, targets, *settings):
    log = TOP / "build" / "bench-build.log"
    log.parent.mkdir(exist_ok=True)
    jobs = ["-j", os.environ["WAKEPATH_JOBS"]] if "WAKEPATH_JOBS" in os.environ else []
    with open(log, "w") as out:
        for command in (["cmake", "-S", ".", "-B", directory, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo",
                         "-DWAKEPATH_BENCH=ON", *settings],
                        ["cmake", "--build", directory, "--target", *targets, *jobs]):
            if subprocess.run(command, stdout=out, stderr=out, check=False, cwd=TOP).returncode != 0:
                raise Failed(f"{directory} does not build; see {log}")


def verdict(value, mark, hope):
    """Judges a figure that should be small."""
    return f"mark {mark} {'met' if value <= mark else 'MISSED'}, hope {hope} {'met' if value <= hope else 'missed'}"


def middle(values):
    return statistics.median(values)


def table(head, rows):
    """Aligns the first column to the left, the others to the right."""
    rows = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        first, *rest = (cell.ljust(width) if not at else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths)))
        print("  ".join([first, *rest]).rstrip())


def per_program(text):
    """Of `bench_arms programs`: {arm: {program: (runs, ns)}}, summed over the rounds."""
    found = {}
    for line in text.splitlines():
        word, *fields = line.split("\t")
        if word == "program":
            arm, _, name, runs, ns = fields
            before = found.setdefault(arm, {}).get(name, (0, 0))
            found[arm][name] = before[0] + int(runs), before[1] + int(ns)
        if word == "counted" and int(fields[3]):
            raise Failed(f"{fields[0]} lost {fields[3]} events, and what is lost costs less")
    return found


def print_programs(found, unit, least_runs=50):
    rows = []
    for name, (runs, ns) in sorted(found["wakepath"].items(), key=lambda item: -item[1][1]):
        empty_runs, empty_ns = found["empty"][name]
        if min(runs, empty_runs) >= least_runs:
            ours, floor = ns / runs, empty_ns / empty_runs
            rows.append([name, runs, f"{floor:.0f}", f"{ours:.0f}", f"{ours - floor:.0f}"])
    table(["program", "runs", "empty", "wakepath", "over it"], rows)
    print(f"({unit} a run, of BPF_STATS_RUN_TIME: counting itself is part of both)")
