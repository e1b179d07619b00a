#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's own timer: one complete wake for each that the guest reports. With the other CPU busy the timer may fire there:
# that depends on whether the vCPU's CPU is idle when KVM arms it. In plain mode an emulated host may stall until the timer
# fires before the guest sleeps: that is a delivery and no wake, or a wake by the guest's own timer interrupt.
. "$(dirname "$0")/lib.bash"

lab --icount -- wakepath live --guest timer -d 2s --format ndjson >"$work/alone.ndjson"
expect "$work/alone.ndjson" --path "$timer_path" --stages "$timer_stages" --complete "$complete" --ends-at kvm_entry \
  --lateness --one-per-report --lost 0 --min-wakes 100

lab --no-build -- sh -c '
  wakepath live --guest timer -d 3s --exits --format ndjson >/out/idle.ndjson || exit
  taskset 1 sh -c "while :; do :; done" &
  taskset 2 wakepath live --guest timer -d 3s --exits --format ndjson >/out/busy.ndjson'
cp "$lab_files"/lab-out/*.ndjson "$work"
plain=(--plain --path "$timer_path" --path 'irq(kvm guest vtimer)>vcpu' --complete "$complete" --ends-at kvm_entry
  --reports-accounted --lost 0 --min-wakes 20)
for load in idle busy; do
  expect "$work/$load.ndjson" "${plain[@]}"
  residue "$work/$load.ndjson" --order --lateness
  residue "$work/$load.ndjson" --order
done
