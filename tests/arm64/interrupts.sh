#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# Wakes that a disk's interrupt holds up name its device: as `irqs` names it there, in a replay here too.
. "$(dirname "$0")/lib.bash"

truncate -s 64M "$work/disk"
disk="-drive file=$work/disk,format=raw,if=none,id=disk -device virtio-blk-pci,drive=disk"
# A recording is of use once the disk has held up a complete wake after its interrupt was named.
lab --nested --qemu "$disk" -- sh -c '
  while :; do dd if=/dev/vda of=/dev/null bs=4k count=500 iflag=direct 2>/dev/null; done &
  until wakepath replay /out/d.wkp --format ndjson 2>/dev/null | grep "\"complete\":true" |
      grep -q "\"kind\":\"hardirq\"[^}]*\"device\":\"vda\""; do
    wakepath record --guest kworker -d 2s --force -o /out/d.wkp || exit
  done
  wakepath irqs --format ndjson >/out/irqs.ndjson'
"$program" replay "$lab_files/lab-out/d.wkp" --format ndjson >"$work/d.ndjson"
"$program" replay "$lab_files/lab-out/d.wkp" --wakes >"$work/d.txt"
python3 "$top/tests/check_ndjson.py" "$work/d.ndjson"
python3 - "$work/d.ndjson" "$lab_files/lab-out/irqs.ndjson" "$work/d.txt" <<'PYTHON'
import json
import sys

lines = [json.loads(line) for line in open(sys.argv[1])]
rows = {row["irq"]: row for row in map(json.loads, open(sys.argv[2]))}
summary = lines[-1]
disks = []
for one in summary["interrupts"]:
    row = rows[one["irq"]]
    for ours, theirs in (("name", "name"), ("queue", "queue"), ("address", "address"), ("bus", "bus"), ("driver", "driver"),
                         ("affinity", "affinity"), ("effective", "effective"), ("managed", "managed"), ("given_to", "vm")):
        assert one[ours] == row[theirs], (one, row)
    assert one["device"] == (row["user_name"] or row["address"]), (one, row)
    if one["device"] == "vda":
        disks.append(one)
hardirqs = [blame for line in lines if line["type"] == "wake" and line["complete"] for stage in line["stages"]
            for blame in stage["blame"] if blame["kind"] == "hardirq"]
# The disk has an interrupt a queue. One of them may have held up wakes only before it was named.
disk = next(one for one in disks if any(blame["irq"] == one["irq"] and blame["device"] == "vda" for blame in hardirqs))
assert disk["delayed"] > 0 and disk["stole_ns"] > 0, summary["interrupts"]
blamed = [blame for blame in hardirqs if blame["irq"] == disk["irq"]]
assert sum(blame["ns"] for blame in blamed) <= disk["stole_ns"]
# wakepath may tell the first wakes before it has read the host.
unnamed = [blame["device"] for blame in blamed].index("vda")
named = [blame for blame in blamed if blame["device"] == "vda" and blame["queue"] == disk["queue"]]
assert len(named) == len(blamed) - unnamed, blamed
text = f"hardirq vda {disk['queue']} ({disk['address']}, irq {disk['irq']})"
assert text in open(sys.argv[3]).read(), text
print(f"{text}: {len(named)} times, {disk['stole_ns']} ns in {disk['delayed']} wakes")
PYTHON
