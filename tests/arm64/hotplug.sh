#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# A CPU goes off and comes back ten times while wakepath captures: nothing is lost, and wakes are complete before, between and
# after. One that was off when the capture began has no ring: what happens there is a loss, and is told as one.
. "$(dirname "$0")/lib.bash"

# Rings that hold what comes while the machine gives the emulator no time to read them.
lab -- sh -c '
  cpu=/sys/devices/system/cpu/cpu1/online
  has_wakes() {  # FILE NUMBER: waits for so many more
    local wanted=$(($(grep -c "\"type\":\"wake\"" "$1") + $2))
    until [ "$(grep -c "\"type\":\"wake\"" "$1")" -ge "$wanted" ]; do kill -0 $capture || exit 40; sleep 0.05; done
  }
  turn() { echo "$1" >$cpu && [ "$(cat $cpu)" = "$1" ] || exit 41; }

  wakepath live --guest timer --vcpus 2 --ring-size 16M --format ndjson >/out/turns.ndjson 2>/out/turns.err & capture=$!
  has_wakes /out/turns.ndjson 10
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    turn 0
    has_wakes /out/turns.ndjson 5
    turn 1
    has_wakes /out/turns.ndjson 5
  done
  has_wakes /out/turns.ndjson 50
  kill -INT $capture
  wait $capture || exit 42

  turn 0
  wakepath live --guest timer --vcpus 2 --format ndjson >/out/joins.ndjson 2>/out/joins.err & capture=$!
  has_wakes /out/joins.ndjson 10
  turn 1
  taskset -p 2 $capture >/dev/null
  has_wakes /out/joins.ndjson 20
  kill -INT $capture
  wait $capture || exit 43'
cp "$lab_files"/lab-out/* "$work"

expect "$work/turns.ndjson" --plain --complete 0.9 --lost 0 --min-wakes 100
expect "$work/joins.ndjson" --some-lost --loss-flagged --min-wakes 20
grep '"type":"wake"' "$work/turns.ndjson" | tail -n 40 >"$work/last"
(($(grep -c '"complete":true' "$work/last") >= 36)) || fail "wakes are not complete again after the last time"
