#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# The guest's own clock against wakepath's, wake by wake, in the instruction clock. The guest's counter steps every 16 ns.
# Plain mode can't judge lengths: timer.sh, kworker.sh and oracle.sh judge the order of the same two readings there.
. "$(dirname "$0")/lib.bash"

# One CPU: of two, the instruction clock lets each run in turn. What the other one does then may come between guest entry
# and the guest's reading.
lab --icount --cpus 1 -- sh -c '
  for guest in timer kworker device; do
    wakepath live --guest $guest -d 4s --period 10ms --exits --format ndjson >/out/$guest.ndjson || exit
  done'
cp "$lab_files"/lab-out/*.ndjson "$work"
residue "$work/timer.ndjson" --lateness --ticks 3 --min-wakes 250
for guest in timer kworker device; do
  residue "$work/$guest.ndjson" --ticks 3 --min-wakes 250
done
