#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's own timer: one complete wake for each that the guest reports, on an idle host and with the
# other CPU busy, where the timer fires on that other CPU.
. "$(dirname "$0")/lib.bash"

lab -- wakepath live --guest timer -d 5s --format ndjson >"$work/idle.ndjson"
expect "$work/idle.ndjson" --path "$timer_path" --stages "$timer_stages" --complete 0.99 --one-per-report \
  --ends-at kvm_entry --lateness --lost 0 --min-wakes 100

# From 7.2 on a timer that expires first stays where it was armed.
far=--root-cpu-differs
[[ ${WAKEPATH_LAB_KERNEL:-} != */sid ]] || far=''

lab --no-build -- sh -c '
  taskset 1 sh -c "while :; do :; done" &
  taskset 2 wakepath live --guest timer -d 5s --exits --format ndjson' >"$work/busy.ndjson"
expect "$work/busy.ndjson" --path "$timer_path" --complete 0.99 --reports-accounted \
  --ends-at kvm_entry --lateness --lost 0 --min-wakes 100 $far
