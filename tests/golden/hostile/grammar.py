#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Streams that a grammar makes: records of every kind, of real sense and of none, repeated, swapped, with numbers at
every limit. Each must end by itself, within a memory limit and a CPU limit in proportion to its size.

WAKEPATH_HOSTILE_RUNS says how many, WAKEPATH_HOSTILE_SEED where to begin; a failure names the seed of its stream.
"""
import os
import pathlib
import random
import struct
import sys
import tempfile

from recording import (BATCH, FACT, MEGA, REPORT, SANITIZED, TICK, VCPU_SINCE, VM, HOST_FILE, batch, begin, crash_of,
                       event, fact, record, recording, run, tick)

ADDRESS_SPACE = 256 * MEGA
SECOND = 1_000_000_000
LIMITS = [0, 1, 2, 7, 8, 63, 64, 255, 256, 4095, 4096, (1 << 16) - 1, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1,
          1 << 32, 1 << 48, (1 << 61), (1 << 62) - 1, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
COMMANDS = (["replay"], ["replay", "--format", "ndjson"], ["replay", "--wakes"], ["info"], ["audit"],
            ["replay", "--memory", "64M"], ["replay", "--fail-on", "lost > 0"], ["replay", "--interval", "10ms"])


class Stream:
    def __init__(self, seed):
        self.random = random.Random(seed)
        pick = self.random
        self.cpus = pick.choice((1, 2, 8, 64, 4096))
        self.tids = pick.choice((3, 20, 5000))
        self.step = pick.choice((0, 1, 1000, 1_000_000, SECOND, 1 << 40))
        self.wild = pick.choice((0.0, 0.01, 0.3))  # how often a number is any at all
        self.time = pick.choice((0, 1, SECOND, 1 << 50))
        self.written = {}
        self.ticks = 0

    def number(self, usual):
        if self.random.random() >= self.wild:
            return usual
        return self.random.choice(LIMITS) if self.random.random() < 0.7 else self.random.getrandbits(64)

    def now(self):
        self.time = min(self.time + self.random.randint(0, self.step), (1 << 63) - 1)
        return self.number(max(0, self.time - self.random.choice((0, 0, 0, self.step))))

    def tid(self):
        return self.number(10 + self.random.randrange(self.tids)) & 0xffffffff

    def cpu(self):
        return self.number(self.random.randrange(self.cpus)) & 0xffffffff

    def address(self):
        return self.number(0xffff800000000000 + 64 * self.random.randrange(8))

    def payload(self, kind):
        pick = self.random
        low = lambda: self.number(pick.randrange(8)) & 0xffffffff
        flags = pick.choice((0, 1, 1, 2, 3))
        if kind in (21, 22):
            return struct.pack("<IIII", self.tid(), self.cpu(), 120, flags)
        if kind == 23:
            return struct.pack("<IIIBBBB", self.tid(), pick.choice((0, 1, 1, 2)), 120, pick.choice((0, 0, 1)), flags,
                               pick.choice((0, 1, 1, 2)), 0) + pick.choice((b"ksoftirqd/1", b"CPU 0/KVM", b"\xff" * 16)
                                                                          ).ljust(16, b"\0")
        if kind in (1, 2):
            return struct.pack("<IIQ", low(), low(), self.address())
        if kind in (9, 10, 11):
            return struct.pack("<QQQQ", self.address(), self.address(), self.number(self.time), self.number(0))
        if 15 <= kind <= 20:
            return struct.pack("<QQII", self.address(), self.address(), self.cpu(), 0)
        if kind == 37:
            return struct.pack("<IIII", low(), self.tid(), self.tid(), pick.randrange(2))
        if kind == 39:
            return struct.pack("<Q", self.address())
        if pick.random() < 0.1:
            return b""
        return struct.pack("<IIII", low(), low(), low(), low()) + bytes(8 * pick.randrange(4))

    def event(self):
        kind = self.random.choice((21, 22, 23, 23, 27, 28, 29, 30)) if self.random.random() < 0.6 else (
            self.number(self.random.randrange(45)) & 0xff)
        return event(self.now() & (1 << 64) - 1, kind, self.tid(), self.payload(kind)[:40],
                     self.random.choice((0, 1, 3, 5)))

    def batch(self):
        cpu = self.cpu()
        events = [self.event() for _ in range(self.random.choice((0, 1, 5, 200)))]
        before = self.written.get(cpu, 0)
        self.written[cpu] = before + len(events)
        number = None if self.random.random() < 0.5 else self.number(before)
        return batch(cpu, events, self.number(0), number)

    def tick(self):
        self.ticks += 1
        cpus = [(cpu, self.number(count) & 0xffffffff, self.number(count), self.number(0), self.number(0))
                for cpu, count in list(self.written.items())[:self.random.choice((0, 3, 1000))]]
        return tick(self.now(), cpus, self.number(0), self.number(self.random.choice((0, self.ticks))) & 0xffffffff,
                    self.random.choice((0, 1, 4, 8)))

    def fact(self):
        kind = self.random.choice((VM, VCPU_SINCE, VCPU_SINCE, HOST_FILE, self.random.randrange(20)))
        key = self.random.randrange(4)
        values = {VM: [key, self.tid(), self.now()],
                  VCPU_SINCE: [self.tid() | key << 32, key | self.random.randrange(8) << 32, self.address(),
                               self.random.choice((0, self.time))],
                  HOST_FILE: [self.random.randrange(4), 0o644, self.random.randrange(2), self.random.randrange(3)]}
        texts = ["", "vm", "proc/interrupts", "proc/" + "a/" * self.random.choice((2, 20, 400)) + "b", "sys/../../x",
                 "\x1b[31m", "kvm guest vtimer", "x" * 4000, b"\xff\0\xfe"]
        strings = [self.random.choice(texts) for _ in range(self.random.randrange(5))]
        usual = values.get(kind, [self.random.randrange(100) for _ in range(4)])
        return fact(kind, [self.number(one) for one in usual], strings)

    def report(self):
        return record(REPORT, 0, struct.pack("<QIIQQQQII", self.now(), self.tid(), 0, self.number(self.ticks),
                                             self.number(0), self.number(5), self.number(self.time),
                                             self.random.randrange(8), 0))

    def nonsense(self):
        body = self.random.randbytes(8 * self.random.randrange(20))
        return record(self.random.choice((0, BATCH, TICK, FACT, REPORT, 5, 6, 99)), self.random.getrandbits(16), body)

    def records(self):
        made = [] if self.random.random() < 0.1 else begin(self.cpus, self.random.choice(("x86_64", "aarch64", "?")))
        makers = self.random.choices((self.batch, self.tick, self.fact, self.report, self.nonsense),
                                     (self.random.choice((1, 8)), self.random.choice((0, 1, 8)),
                                      self.random.choice((0, 1, 8)), self.random.choice((0, 1)),
                                      self.random.choice((0, 0, 1))), k=self.random.choice((3, 30, 300)))
        made += [make() for make in makers]
        for _ in range(self.random.choice((0, 0, 1, 5))):
            at = self.random.randrange(len(made))
            mutation = self.random.randrange(4)
            if mutation == 0:  # many of one
                made[at:at + 1] = [made[at]] * self.random.choice((2, 100, 20_000))
            elif mutation == 1:  # later
                made.append(made.pop(at))
            elif mutation == 2:
                self.random.shuffle(made)
            else:
                made.insert(self.random.randrange(len(made)), made[at])
        total = 0
        for at, one in enumerate(made):
            total += len(one)
            if total > 64 * MEGA:
                return made[:at]
        return made

    def bytes(self):
        whole = recording(self.records(), self.random.choice((4096, 65536, MEGA, 8 * MEGA)),
                          self.random.random() < 0.9)
        if self.random.random() < 0.1:
            at = self.random.randrange(len(whole))
            whole = whole[:at] + bytes([whole[at] ^ 1 << self.random.randrange(8)]) + whole[at + 1:]
        return whole if self.random.random() < 0.95 else whole[:self.random.randrange(len(whole))]


def main():
    runs = int(os.environ.get("WAKEPATH_HOSTILE_RUNS", "200"))
    first = int(os.environ.get("WAKEPATH_HOSTILE_SEED", "1"))
    failed, worst = 0, {"cpu_seconds": (0, 0), "rss_bytes": (0, 0)}
    without_room = 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "stream.wkp"
        os.environ["TMPDIR"] = folder
        for seed in range(first, first + runs):
            stream = Stream(seed)
            content = stream.bytes()
            path.write_bytes(content)
            command = stream.random.choice(COMMANDS)
            # 1 MB may take ten seconds; the start of the program is not the stream's.
            outcome = run(*command, str(path), address_space=ADDRESS_SPACE, cpu_seconds=1 + 10 * len(content) // MEGA + 1)
            wrong = crash_of(outcome)
            without_room += "not enough memory" in outcome.error
            for what, (most, _) in worst.items():
                worst[what] = max(worst[what], (getattr(outcome, what), seed))
            if wrong:
                failed += 1
                print(f"failed: {' '.join(command)} with WAKEPATH_HOSTILE_SEED={seed} WAKEPATH_HOSTILE_RUNS=1: {wrong}, "
                      f"{len(content)} bytes: {outcome.error[-500:]}")
            if left := [one for one in os.listdir(folder) if one != path.name]:
                failed += 1
                print(f"failed: {' '.join(command)} with WAKEPATH_HOSTILE_SEED={seed} leaves {left}")
    print(f"{runs} streams, {failed} failed; {without_room} ended for want of memory, said; at most "
          f"{worst['cpu_seconds'][0]:.2f} s of CPU (seed {worst['cpu_seconds'][1]}) and "
          f"{worst['rss_bytes'][0] // MEGA} MiB (seed {worst['rss_bytes'][1]})"
          f"{'; sanitized: no limits' if SANITIZED else ''}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
