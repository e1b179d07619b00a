#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A guest with Linux in it under QEMU: a sleeper, and network by vhost, and disk by an iothread.
. "$(dirname "$0")/lib.bash"

parts=$top/tests/arm64/real_guest
aarch64-linux-gnu-gcc -std=c11 -O2 -Wall -Wextra -static -o "$work/sleeper" "$parts/sleeper.c"
truncate -s 64M "$work/disk"
cat >"$work/trace" <<'TRACE'
#!/bin/busybox sh
wakepath live -d 5s --format ndjson --save "/out/$1.wkp" >"/out/$1.ndjson"
TRACE

loads=(idle net disk net+disk)
devices="-drive file=$work/disk,format=raw,if=none,id=disk -device virtio-blk-pci,drive=disk"
devices+=" -netdev user,id=net -device virtio-net-pci,netdev=net,romfile="
lab --nested --qemu "$devices" --with "$work/sleeper" --with "$work/trace" --with "$parts/guest_init" --with "$parts/host.sh" \
  -- host.sh "${loads[@]}" -- trace || { cat "$top/build/lab-out/serial.log" >&2; fail "the guest did not run"; }

files=()
for load in "${loads[@]}"; do
  files+=("$top/build/lab-out/$load.ndjson")
  python3 "$top/tests/check_ndjson.py" "${files[-1]}"
done
python3 "$parts/check.py" real "$top/build/lab-out/threads" "${files[@]}"
