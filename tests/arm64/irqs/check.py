#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds irqs.ndjson against what lspci, ethtool and the kernel's own files said of the same host.

usage: check.py DIR     with irqs.ndjson; lspci (-Dnn); ethtool.ethN (-i); disks ("sda PATH"); files ("PATH TEXT");
                        interrupts
"""
import json
import pathlib
import re
import sys

# The PCI devices of the host, by id. The numbers are those of the PCI ids.
EXPECTED = {"1af4:1041": ("eth", "virtio-pci", {"config", "input.0", "output.0"}),
            "1af4:1048": ("sd", "virtio-pci", {"config", "control", "event", "request"}),
            "8086:10d3": ("eth", "e1000e", {"rx-0", "tx-0", None})}


def need(truth, text):
    if not truth:
        sys.exit(f"failed: {text}")


class Host:
    def __init__(self, path):
        self.ids = {}  # address: "8086:10d3"
        for line in (path / "lspci").read_text().splitlines():
            found = re.match(r"(\S+) .*\[([0-9a-f]{4}:[0-9a-f]{4})\]", line)
            self.ids[found[1]] = found[2]
        self.interfaces = {}  # address: (name, driver)
        for file in path.glob("ethtool.*"):
            said = dict(line.split(": ", 1) for line in file.read_text().splitlines() if ": " in line)
            self.interfaces[said["bus-info"]] = (file.suffix[1:], said["driver"])
        self.disks = {}  # address: name; the ports stand in the path too, before it
        for line in (path / "disks").read_text().splitlines():
            name, where = line.split(" ")
            self.disks[re.findall(r"/([0-9a-f]{4}:[0-9a-f:.]{7})(?=/)", where)[-1]] = name
        self.settings, self.msi = {}, {}
        for line in (path / "files").read_text().splitlines():
            file, _, text = line.partition(" ")
            parts = file.split("/")
            if parts[1] == "proc":
                self.settings[int(parts[3]), parts[4]] = text
            else:
                self.msi[int(parts[7])] = parts[5]
        lines = (path / "interrupts").read_text().splitlines()
        self.labels = [line.split(":")[0].strip() for line in lines[1:]]


def check_row(row, host):
    irq, address = row["irq"], row["pci"]
    for field, file in (("affinity", "smp_affinity_list"), ("effective", "effective_affinity_list")):
        need((row[field] or "") == host.settings.get((irq, file), ""), f"{field} of {irq}: {row}")
    need(address == host.msi.get(irq), f"IRQ {irq} is said to be of {address}, /sys has {host.msi.get(irq)}")
    if address is None:
        return
    need(host.ids[address] in row["device"], f"{address} is {host.ids[address]} to lspci: {row}")
    need(row["hwirq"] is not None and row["msi_index"] is not None, f"an MSI has an index: {row}")
    name, driver = host.interfaces.get(address, (None, None))
    if name is not None:
        need(row["user_name"] == name, f"{address} is {name} to ethtool: {row}")
        # To ethtool it is the driver of the virtio device, which sits on that of the PCI device.
        need(row["driver"] == driver or (driver, row["driver"]) == ("virtio_net", "virtio-pci"),
             f"the driver of {address} is {driver} to ethtool: {row}")
    disk = host.disks.get(address)
    need(disk is None or row["user_name"] == disk, f"{disk} is on {address}: {row}")


def main():
    path = pathlib.Path(sys.argv[1])
    host = Host(path)
    rows = [json.loads(line) for line in (path / "irqs.ndjson").read_text().splitlines()]
    need([str(row["irq"]) for row in rows] == host.labels, "not the rows of /proc/interrupts")
    for row in rows:
        check_row(row, host)
    need({row["irq"] for row in rows if row["pci"]} == set(host.msi), "an MSI of /sys is missing")
    for ids, (name, driver, queues) in EXPECTED.items():
        own = [row for row in rows if row["pci"] and host.ids[row["pci"]] == ids]
        need({row["queue"] for row in own} == queues, f"{ids} has the queues {[row['queue'] for row in own]}")
        need(all(row["driver"] == driver and row["user_name"].startswith(name) for row in own), f"{ids}: {own}")
    moved = [json.loads(line) for line in (path / "moved.ndjson").read_text().splitlines()]
    need(len(moved) == 3, f"virtio-net has three interrupts: {moved}")
    for line in moved:
        need(line["written"] and line["affinity"] == line["effective"] == line["asked"], f"it was not moved: {line}")
    print(f"{len(rows)} rows, {len(host.msi)} of them of PCI devices, are as lspci, ethtool and /proc/irq say")


if __name__ == "__main__":
    main()
