#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's own timer: one complete wake for each that the guest reports. In plain mode on an idle host, and with the
# other CPU busy, over which the timer then fires: an emulated host may stall there until the timer fires before the guest
# sleeps, which is a delivery and no wake.
. "$(dirname "$0")/lib.bash"

lab --icount -- wakepath live --guest timer -d 2s --format ndjson >"$work/icount.ndjson"
expect "$work/icount.ndjson" --path "$timer_path" --stages "$timer_stages" --complete "$complete" --ends-at kvm_entry \
  --lateness --one-per-report --lost 0 --min-wakes 100

lab --no-build -- sh -c '
  wakepath live --guest timer -d 3s --exits --format ndjson >/out/idle.ndjson || exit
  taskset 1 sh -c "while :; do :; done" &
  taskset 2 wakepath live --guest timer -d 3s --exits --format ndjson >/out/busy.ndjson'
cp "$top"/build/lab-out/*.ndjson "$work"
plain=(--plain --path "$timer_path" --complete "$complete" --ends-at kvm_entry --lateness --reports-accounted --lost 0 --min-wakes 20)
expect "$work/idle.ndjson" "${plain[@]}" --stages "$timer_stages"
# From 7.2 on a timer that expires first stays where it was armed.
far=--root-cpu-differs
[[ ${WAKEPATH_LAB_KERNEL:-} != */sid ]] || far=''
expect "$work/busy.ndjson" "${plain[@]}" $far
for load in idle busy; do
  residue "$work/$load.ndjson" --order --lateness
  residue "$work/$load.ndjson" --order
done
