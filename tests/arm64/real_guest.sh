#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest with Linux in it under QEMU: a sleeper, and network by vhost, and disk by an iothread. Its
# wakes are known from root to entry, and none is wrong by the oracle.
. "$(dirname "$0")/lib.bash"

parts=$top/tests/arm64/real_guest
aarch64-linux-gnu-gcc -std=c11 -O2 -Wall -Wextra -static -o "$work/sleeper" "$parts/sleeper.c"
truncate -s 64M "$work/disk"
loads=(idle net disk net+disk)
devices="-drive file=$work/disk,format=raw,if=none,id=disk -device virtio-blk-pci,drive=disk"
devices+=" -netdev user,id=net -device virtio-net-pci,netdev=net,romfile="
recorded() {
  local status=0
  rm -rf "$work/recorded"
  lab --nested --qemu "$devices" --with "$work/sleeper" --with "$parts/guest_init" --with "$parts/host.sh" \
    --with "$top/tests/oracle/record.sh" "$@" -- host.sh 5s "${loads[@]}" || return
  cp -r "$top/build/lab-out" "$work/recorded"
  python3 "$parts/check.py" real "$work/recorded" "${loads[@]}" || status=1
  python3 "$top/tests/oracle/oracle.py" "$work/recorded" || status=1
  return "$status"
}
# As in oracle.sh: a crowded machine may part two stamps of one event, a fault of ours is there each time.
recorded || recorded --no-build || recorded --no-build
