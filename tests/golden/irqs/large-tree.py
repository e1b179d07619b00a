#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""usage: large-tree.py DIR CPUS IRQS

A host whose devices have eight queues each; interrupt N has come N * 7 + 1 times, all to CPU N modulo CPUS.
Every hundredth has its settings in /proc/irq: more files would cost the test more than they tell.
"""
import pathlib
import sys

QUEUES = 8


def main():
    root, cpus, irqs = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    (root / "proc/irq").mkdir(parents=True)
    zero = f"{0:10} "
    with open(root / "proc/interrupts", "w", encoding="ascii") as table:
        table.write("           " + "".join(f"CPU{cpu:<8}" for cpu in range(cpus)) + "\n")
        for irq in range(irqs):
            cpu, device, queue = irq % cpus, irq // QUEUES, irq % QUEUES
            counts = zero * cpu + f"{irq * 7 + 1:10} " + zero * (cpus - 1 - cpu)
            table.write(f"{irq:5}: {counts}  ITS-MSI {device << 11 | queue} Edge      virtio{device}-input.{queue}\n")
            if irq % 100:
                continue
            settings = root / f"proc/irq/{irq}"
            settings.mkdir()
            (settings / "smp_affinity_list").write_text(f"0-{cpus - 1}\n")
            (settings / "effective_affinity_list").write_text(f"{cpu}\n")
            (settings / "node").write_text("0\n")


if __name__ == "__main__":
    main()
