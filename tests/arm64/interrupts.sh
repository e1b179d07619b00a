#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A disk's interrupt that wakes wait for is called by its device: as `irqs` calls it there, and in a replay here.
. "$(dirname "$0")/lib.bash"
program=${WAKEPATH:-$top/build/wakepath}

truncate -s 64M "$work/disk"
disk="-drive file=$work/disk,format=raw,if=none,id=disk -device virtio-blk-pci,drive=disk"
lab --nested --qemu "$disk" -- sh -c '
  while :; do dd if=/dev/vda of=/dev/null bs=4k count=500 iflag=direct 2>/dev/null; done &
  wakepath record --guest kworker -d 5s -o /out/d.wkp &&
  wakepath irqs --format ndjson >/out/irqs.ndjson'
"$program" replay "$top/build/lab-out/d.wkp" --format ndjson >"$work/d.ndjson"
"$program" replay "$top/build/lab-out/d.wkp" --wakes >"$work/d.txt"
python3 "$top/tests/check_ndjson.py" "$work/d.ndjson"
python3 - "$work/d.ndjson" "$top/build/lab-out/irqs.ndjson" "$work/d.txt" <<'PYTHON'
import json
import sys

lines = [json.loads(line) for line in open(sys.argv[1])]
rows = {row["irq"]: row for row in map(json.loads, open(sys.argv[2]))}
summary = lines[-1]
disk = None
for one in summary["interrupts"]:
    row = rows[one["irq"]]
    for ours, theirs in (("name", "name"), ("queue", "queue"), ("address", "address"), ("bus", "bus"), ("driver", "driver"),
                         ("affinity", "affinity"), ("effective", "effective"), ("managed", "managed"), ("given_to", "vm")):
        assert one[ours] == row[theirs], (one, row)
    assert one["device"] == (row["user_name"] or row["address"]), (one, row)
    if one["device"] == "vda":
        disk = one
assert disk and disk["delayed"] > 0 and disk["stole_ns"] > 0, summary["interrupts"]
blamed = [blame for line in lines if line["type"] == "wake" and line["complete"] for stage in line["stages"]
          for blame in stage["blame"] if blame["kind"] == "hardirq" and blame["irq"] == disk["irq"]]
assert sum(blame["ns"] for blame in blamed) <= disk["stole_ns"]
# The first wakes are told before the host has been read.
unnamed = [blame["device"] for blame in blamed].index("vda")
named = [blame for blame in blamed if blame["device"] == "vda" and blame["queue"] == disk["queue"]]
assert len(named) == len(blamed) - unnamed, blamed
text = f"hardirq vda {disk['queue']} ({disk['address']}, irq {disk['irq']})"
assert text in open(sys.argv[3]).read(), text
print(f"{text}: {len(named)} times, {disk['stole_ns']} ns in {disk['delayed']} wakes")
PYTHON
