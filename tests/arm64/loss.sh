#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # it is the guest that expands
# Every CPU busy with loops, pipes and timers, and rings of a page: what is lost is counted exactly, and no chain hides
# it.
. "$(dirname "$0")/lib.bash"

load='
  cpu=0
  while [ $cpu -lt $(nproc) ]; do
    mask=$(printf %x $((1 << cpu)))
    taskset $mask sh -c "while :; do :; done" &
    taskset $mask sh -c "while :; do echo; done | cat >/dev/null" &
    taskset $mask sh -c "while :; do usleep 700; done" &
    cpu=$((cpu + 1))
  done'

lab -- sh -c "$load
  wakepath live --guest kworker --vcpus 3 -d 4s --ring-size 4K --events full --stats --format ndjson" >"$work/loss.ndjson"
expect "$work/loss.ndjson" --some-lost --accounted --loss-flagged
