#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest with Linux in it under QEMU: a sleeper, network by vhost, and a disk by an iothread. Its wakes are known from
# root to entry, and the oracle finds none wrong.
. "$(dirname "$0")/lib.bash"

parts=$top/tests/arm64/real_guest
aarch64-linux-gnu-gcc -std=c11 -O2 -Wall -Wextra -static -o "$work/sleeper" "$parts/sleeper.c"
truncate -s 64M "$work/disk"
loads=(idle net disk net+disk)
devices="-drive file=$work/disk,format=raw,if=none,id=disk -device virtio-blk-pci,drive=disk"
devices+=" -netdev user,id=net -device virtio-net-pci,netdev=net,romfile="
for _ in 1 2 3; do
  rm -rf "$work/recorded"
  lab --nested --qemu "$devices" --with "$work/sleeper" --with "$parts/guest_init" --with "$parts/host.sh" \
    --with "$top/tests/oracle/record.sh" -- host.sh 5s "${loads[@]}"
  cp -r "$lab_files/lab-out" "$work/recorded"
  status=0 oracle=0
  python3 "$parts/check.py" real "$work/recorded" "${loads[@]}" || status=1
  python3 "$top/tests/oracle/oracle.py" "$work/recorded" || oracle=$?
  # As in oracle.sh: only a recording that can't be a witness is made again.
  ((oracle == 2)) || break
done
((status == 0 && oracle == 0))
