#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# Every CPU is busy with loops, pipes and timers, the rings hold a page, and the reader stands still until they must have
# run over: wakepath counts exactly what is lost, and no chain hides it.
. "$(dirname "$0")/lib.bash"

lab -- sh -c '
  switches() { sed -n "s/^ctxt //p" /proc/stat; }

  cpu=0
  while [ $cpu -lt $(nproc) ]; do
    mask=$(printf %x $((1 << cpu)))
    taskset $mask sh -c "while :; do :; done" &
    taskset $mask sh -c "while :; do echo; done | cat >/dev/null" &
    taskset $mask sh -c "while :; do usleep 700; done" &
    cpu=$((cpu + 1))
  done
  guest_demo kworker 10000 600 3 >/dev/null &
  wakepath live -d 600s --ring-size 4K --events full --stats --format ndjson >/out/loss.ndjson &
  tracer=$!
  until grep -q "\"wake\"" /out/loss.ndjson; do sleep 0.1; done
  kill -STOP $tracer
  until_switches=$(($(switches) + 3000))
  until [ "$(switches)" -ge $until_switches ]; do sleep 0.1; done
  kill -CONT $tracer
  wakes=$(($(grep -c "\"wake\"" /out/loss.ndjson) + 30))
  until [ "$(grep -c "\"wake\"" /out/loss.ndjson)" -ge $wakes ]; do sleep 0.1; done
  kill -INT $tracer
  wait $tracer'
cp "$lab_files/lab-out/loss.ndjson" "$work"
expect "$work/loss.ndjson" --some-lost --accounted --loss-flagged
