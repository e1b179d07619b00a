#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every row of this machine's /proc/interrupts is shown and explained, and says what /proc/irq and /sys say.
# An ordinary user sees the same, VMs apart.
. "$(dirname "$0")/lib.bash"

"$WAKEPATH" irqs --all >"$work/irqs.txt"
! grep 'not known' "$work/irqs.txt" || fail "a row is not explained"
"$WAKEPATH" irqs --format ndjson -d 300ms >"$work/irqs.ndjson"
python3 "$(dirname "$0")/../check_ndjson.py" "$work/irqs.ndjson"
python3 - "$work/irqs.ndjson" <<'CHECK'
import json, pathlib, sys

rows = {str(row["irq"]): row for row in map(json.loads, open(sys.argv[1]))}
table = [line.split(":")[0].strip() for line in open("/proc/interrupts")][1:]
assert list(rows) == table, set(rows) ^ set(table)
pci = pathlib.Path("/sys/bus/pci/devices")
owners = {irq.name: device for device in (pci.iterdir() if pci.is_dir() else []) for irq in device.glob("msi_irqs/*")}
for label, row in rows.items():
    assert row["rate"] is None or row["rate"] >= 0, row
    if not label.isdigit():
        continue
    settings = pathlib.Path("/proc/irq") / label
    for field, name in ("affinity", "smp_affinity_list"), ("effective", "effective_affinity_list"):
        file = settings / name
        assert row[field] == (file.read_text().strip() or None if file.exists() else None), (label, field)
    chip = pathlib.Path(f"/sys/kernel/irq/{label}/chip_name")
    assert not chip.exists() or row["chip"] == chip.read_text().strip(), label
    if label in owners:
        assert row["pci"] == owners[label].name, label
        assert row["driver"] == (owners[label] / "driver").resolve().name, label
for driver in (driver for bus in ("platform", "amba") for driver in pathlib.Path("/sys/bus", bus, "drivers").glob("*")):
    bound = [link.name for link in driver.iterdir() if link.is_symlink() and link.name != "module"]
    for row in rows.values():
        if row["name"] == driver.name.replace("acpi-ged", "ACPI:Ged") and len(bound) == 1:
            assert row["address"] == bound[0], row
for interface in pathlib.Path("/sys/class/net").iterdir():
    address = (interface / "device").resolve()
    address = address.parent.name if address.name.startswith("virtio") else address.name
    for row in rows.values():
        assert row["pci"] != address or interface.name in row["names"], interface.name
CHECK
if ((EUID == 0)); then
  chmod 755 "$work"
  setpriv --reuid=65534 --regid=65534 --clear-groups "$WAKEPATH" irqs --format ndjson >"$work/user.ndjson"
  cmp <(sed 's/"counts".*"total":[0-9]*,"rate":[^,]*//; s/"vm":.*"vm_pid":[^,]*//' "$work/irqs.ndjson") \
    <(sed 's/"counts".*"total":[0-9]*,"rate":[^,]*//; s/"vm":.*"vm_pid":[^,]*//' "$work/user.ndjson")
fi
