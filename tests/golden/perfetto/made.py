# SPDX-License-Identifier: GPL-2.0-or-later
"""A recording of two VMs. WAKEPATH is the program."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "hostile"))
import recording as records  # noqa: E402

MS = 1_000_000
HOUR = 3600 * 1000 * MS
BEGAN = 1_800_000_000 * 1000 * MS  # the time of day at 0 of CLOCK_MONOTONIC


def two_vms(later=(0, 3 * MS), asleep=(MS, MS), jumps=()):
    """Each on its CPU; two hogs, whose names are alike to trace_processor, hold each wake up, those of db[2] longer. Of each CPU:
    how much `later` its vCPU falls asleep, and for how long it is `asleep`. `jumps`: (when, what is then added to the time of day)."""
    action, loaded, wakes = 0x1000, 1, 120
    facts = records.begin(2, "aarch64", BEGAN) + [
        *(records.fact(records.EVENT, [1], [kind]) for kind in
          ("irq_handler_entry", "irq_handler_exit", "sched_waking", "sched_switch", "kvm_entry", "kvm_exit")),
        records.fact(records.VM, [1, 95], ["web.1"]), records.fact(records.VM, [2, 195], ["db[2]"]),
        records.fact(records.VCPU_SINCE, [96, 1, 0xf000, 0], ["CPU 0/KVM"]),
        records.fact(records.VCPU_SINCE, [196, 2, 0xf001, 0], ["CPU 0/KVM"]),
        records.fact(records.IRQ, [action, 57], ["eth0.rx[1]", "", "", "pci", "0000:04:00.0"]),
        *(records.fact(records.TIME_OF_DAY, [BEGAN + added, since]) for since, added in jumps)]

    def switch(task, name, sleeps):
        return struct.pack("<IIiBBBB16s", task, sleeps, 120, 0, loaded, loaded, 0, name.encode()[:15])

    batches, ends = [], []
    for cpu, vcpu, slower in ((0, 96, 1), (1, 196, 7)):
        first, second, events = 300 + cpu, 400 + cpu, []
        for number in range(1, wakes + 1):
            at = number * 20 * MS + later[cpu]
            begin = at + asleep[cpu]
            late = begin + 100_000 + number * 1000 * slower
            events += [
                (at, 23, vcpu, switch(first, "h.o[g]", 1), 0),
                (begin, 1, first, struct.pack("<IiQ", 57, 0, action), 0),
                (begin + 5_000, 21, first, struct.pack("<IIiI", vcpu, cpu, 120, loaded), 5),
                (begin + 10_000, 2, first, struct.pack("<IiQ", 57, 1, action), 0),
                (begin + 50_000, 23, first, switch(second, "h_o[g]", 0), 0),
                (late, 23, second, switch(vcpu, "CPU 0/KVM", 0), 0),
                (late + 20_000, 27, vcpu, bytes(8), 0)]
        made = [records.event(at, kind, tid, payload, context) for at, kind, tid, payload, context in events]
        batches += [records.batch(cpu, made[i:i + 600]) for i in range(0, len(made), 600)]
        ends.append((cpu, 0, len(made), 0, 0))
    return records.recording(facts + batches + [records.tick(wakes * 20 * MS + 100 * MS, ends)])


def with_jumps():
    """The time of day jumps three times, each time between the begins of two wakes, of which the second is told first: a wake is
    when its vCPU sleeps again."""
    jumps = [(number * 20 * MS + 1_040_000, added) for number, added in ((30, 100 * 24 * HOUR), (60, -HOUR), (61, 0))]
    return two_vms((20_000, 0), (MS, 1_060_000), jumps)
