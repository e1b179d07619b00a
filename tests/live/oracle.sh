#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each wake on this machine against an independent reading of ftrace's text of the same run: path, hops, order.
. "$(dirname "$0")/lib.bash"

need_live
tracefs=$work/tracefs instance=
clean_up() {
  [[ ! $instance ]] || rmdir "$instance"
  umount "$tracefs" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
mkdir "$tracefs"
mount -t tracefs tracefs "$tracefs" 2>/dev/null || { echo "skipped: no tracefs"; exit 77; }
# Buffers, clock and events of our own, whatever else is traced here.
instance=$tracefs/instances/wakepath-oracle-$$
mkdir "$instance" || { instance=; fail "no instance of ftrace"; }

cases=(irqfd:irqfd:1:idle kworker:kworker:1:idle timer:timer:1:idle device:device:1:idle)
TRACEFS=$instance sh "$tests/oracle/record.sh" "$work" 1s "${cases[@]}"
python3 "$tests/oracle/oracle.py" --hidden-tasks "$work"
