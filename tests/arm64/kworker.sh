#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The chain that the project is named for: host timer, kworker, vCPU. And irqfd, without a kworker where
# the kernel's AIO does not defer (Debian's 6.12 does).
. "$(dirname "$0")/lib.bash"

good=(--path "$kworker_path" --share "$complete" --complete "$complete" --ends-at kvm_entry --lost 0 --min-wakes 100)
plain=(--reports-accounted --slack 0.01)
stages=(--stages "$kworker_stages")
[[ ! $soft ]] || stages=()

lab --icount -- wakepath live --guest kworker -d 3s --format ndjson >"$work/icount.ndjson"
expect "$work/icount.ndjson" "${good[@]}" "${stages[@]}" --one-per-report

lab --no-build -- wakepath live --guest kworker -d 5s --exits --format ndjson >"$work/idle.ndjson"
expect "$work/idle.ndjson" "${good[@]}" "${plain[@]}" "${stages[@]}"

lab --no-build -- sh -c '
  taskset 1 sh -c "while :; do :; done" &
  wakepath live --guest kworker -d 5s --exits --format ndjson' >"$work/busy.ndjson"
expect "$work/busy.ndjson" "${good[@]}" "${plain[@]}"

lab --no-build --icount -- wakepath live --guest irqfd -d 3s --format ndjson >"$work/irqfd.ndjson"
expect "$work/irqfd.ndjson" --complete "$complete" --one-per-report --lost 0 --min-wakes 100
