#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The chain that gave the project its name: host timer, kworker, vCPU. And irqfd, without a kworker where the kernel's AIO
# does not defer (Debian's 6.12 does).
. "$(dirname "$0")/lib.bash"

stages=(--stages "$kworker_stages")
[[ ! $soft ]] || stages=()

lab --icount -- sh -c '
  wakepath live --guest kworker -d 2s --format ndjson >/out/icount.ndjson &&
  wakepath live --guest irqfd -d 2s --format ndjson >/out/irqfd.ndjson'
cp "$lab_files"/lab-out/*.ndjson "$work"
expect "$work/icount.ndjson" --path "$kworker_path" --share "$complete" "${stages[@]}" --complete "$complete" --ends-at kvm_entry \
  --one-per-report --lost 0 --min-wakes 100
expect "$work/irqfd.ndjson" --complete "$complete" --one-per-report --lost 0 --min-wakes 100

lab --no-build -- sh -c '
  wakepath live --guest kworker -d 3s --exits --format ndjson >/out/idle.ndjson || exit
  taskset 1 sh -c "while :; do :; done" &
  wakepath live --guest kworker -d 3s --exits --format ndjson >/out/busy.ndjson'
cp "$lab_files"/lab-out/*.ndjson "$work"
plain=(--plain --path "$kworker_path" --share "$complete" --complete "$complete" --ends-at kvm_entry --reports-accounted --lost 0 --min-wakes 20)
expect "$work/idle.ndjson" "${plain[@]}" "${stages[@]}"
expect "$work/busy.ndjson" "${plain[@]}"
for load in idle busy; do residue "$work/$load.ndjson" --order; done
