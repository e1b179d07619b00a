#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `irqs` names the device of each interrupt, as lspci, ethtool and /proc/irq do. `irqs move` sends interrupts to a CPU,
# where they then come, and refuses those that can't be moved. The host has virtio-net, virtio-scsi with a disk and e1000e
# behind PCIe ports. The cloud kernels have no e1000e, so it runs the plain kernel of the same release.
. "$(dirname "$0")/lib.bash"

parts=$top/tests/arm64/irqs
kernel=${WAKEPATH_LAB_KERNEL:-linux-image-cloud-arm64}
truncate -s 64M "$work/disk"
devices='-netdev user,id=a -netdev user,id=b'
for port in 1 2 3; do devices+=" -device pcie-root-port,id=port$port,chassis=$port"; done
devices+=' -device virtio-net-pci,bus=port1,netdev=a,romfile= -device e1000e,bus=port3,netdev=b,romfile='
devices+=" -drive file=$work/disk,format=raw,if=none,id=disk -device virtio-scsi-pci,bus=port2,id=scsi,num_queues=2"
devices+=' -device scsi-hd,bus=scsi.0,drive=disk'

lab --devices --kernel "${kernel/cloud-/}" --qemu "$devices" --with "$parts/in_lab" -- in_lab
out=$lab_files/lab-out
for file in irqs moved; do python3 "$top/tests/check_ndjson.py" "$out/$file.ndjson"; done
python3 "$parts/check.py" "$out"
