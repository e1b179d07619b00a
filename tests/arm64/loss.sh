#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # it is the guest that expands
# Every CPU busy with loops, pipes and timers: what is lost and what is missed is counted exactly, on
# preemptible kernels too, and no chain hides it. Once with rings of a page; once with real-time threads
# that preempt others in the middle of a BPF program, where the kernel lets them (from 7.0 on).
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

aarch64-linux-gnu-gcc -O2 -static -pthread -o "$work/preempting" "$(dirname "$0")/preempting.c"
lab --no-build --with "$work/preempting" -- sh -c '
  preempting &
  wakepath live --guest timer --vcpus 4 -d 4s --events full --stats --format ndjson' >"$work/misses.ndjson"
expect "$work/misses.ndjson" --accounted --loss-flagged
