#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The chain that the project is named for: host timer, kworker, vCPU. And irqfd without a kworker.
. "$(dirname "$0")/lib.bash"

lab -- wakepath live --guest kworker -d 5s --format ndjson >"$work/idle.ndjson"
expect "$work/idle.ndjson" --path "$kworker_path" --stages "$kworker_stages" --complete 0.99 \
  --one-per-report --ends-at kvm_entry --lost 0 --min-wakes 100

lab --no-build -- sh -c '
  taskset 1 sh -c "while :; do :; done" &
  wakepath live --guest kworker -d 5s --format ndjson' >"$work/busy.ndjson"
expect "$work/busy.ndjson" --path "$kworker_path" --complete 0.99 --one-per-report --lost 0 --min-wakes 100

lab --no-build --icount -- wakepath live --guest irqfd -d 3s --format ndjson >"$work/irqfd.ndjson"
expect "$work/irqfd.ndjson" --complete 0.99 --one-per-report --lost 0 --min-wakes 100
