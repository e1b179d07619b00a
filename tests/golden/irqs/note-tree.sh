#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: note-tree.sh DIR
# Makes a tree of a 4-CPU ARM64 VM from these known facts alone: its /proc/interrupts (note-interrupts.txt); three
# virtio devices of revision 1 in lspci (1af4:1041, :1048); eth1 is on 0000:04:00.0 (ethtool -i), whose msi_irqs are
# 56 57 58; and the affinity of irq 57.
set -euo pipefail
here=$(dirname "$0")
root=${1:?usage: note-tree.sh DIR}

put() {
  mkdir -p "$root/$(dirname "$1")"
  printf '%s\n' "$2" >"$root/$1"
}

mkdir -p "$root/proc"
cp "$here/note-interrupts.txt" "$root/proc/interrupts"
put proc/irq/57/effective_affinity 1
put proc/irq/57/smp_affinity_list 0
for device in 0000:01:00.0,1041,020000 0000:03:00.0,1048,010000 0000:04:00.0,1041,020000; do
  IFS=, read -r address id class <<<"$device"
  put "sys/bus/pci/devices/$address/vendor" 0x1af4
  put "sys/bus/pci/devices/$address/device" "0x$id"
  put "sys/bus/pci/devices/$address/class" "0x$class"
done
for irq in 56 57 58; do
  put "sys/bus/pci/devices/0000:04:00.0/msi_irqs/$irq" msix
done
mkdir -p "$root/sys/bus/pci/devices/0000:04:00.0/virtio2/net/eth1"
