#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's own timer: one complete wake for each that the guest reports. Exactly so in the instruction
# clock. In plain mode, on an idle host and with the other CPU busy (the timer then fires there), an
# emulated host may stall until the guest's timer fires before it sleeps: such a report is no wake.
. "$(dirname "$0")/lib.bash"

good=(--path "$timer_path" --complete "$complete" --ends-at kvm_entry --lateness --lost 0 --min-wakes 100)
plain=(--reports-accounted --slack 0.01)

lab --icount -- wakepath live --guest timer -d 3s --format ndjson >"$work/icount.ndjson"
expect "$work/icount.ndjson" "${good[@]}" --stages "$timer_stages" --one-per-report

lab --no-build -- wakepath live --guest timer -d 5s --exits --format ndjson >"$work/idle.ndjson"
expect "$work/idle.ndjson" "${good[@]}" "${plain[@]}" --stages "$timer_stages"

# From 7.2 on a timer that expires first stays where it was armed.
far=--root-cpu-differs
[[ ${WAKEPATH_LAB_KERNEL:-} != */sid ]] || far=''

lab --no-build -- sh -c '
  taskset 1 sh -c "while :; do :; done" &
  taskset 2 wakepath live --guest timer -d 5s --exits --format ndjson' >"$work/busy.ndjson"
expect "$work/busy.ndjson" "${good[@]}" "${plain[@]}" $far
