#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's own clock against wakepath's, wake by wake. The counter steps every 16 ns.
. "$(dirname "$0")/lib.bash"

residue() {  # FILE ARGS...
  python3 "$top/tests/check_ndjson.py" "$1" && python3 "$top/tests/residue.py" "$@"
}

run() {  # GUEST... -- LAB-ARGS...: $work/GUEST.ndjson
  local guests=()
  while [[ $1 != -- ]]; do guests+=("$1"); shift; done
  shift
  rm -f "$work"/*.ndjson
  lab "$@" -- sh -c '
    for guest; do
      wakepath live --guest $guest -d 6s --period 10ms --exits --format ndjson >/out/$guest.ndjson || exit
    done' sh "${guests[@]}" && cp "$top"/build/lab-out/*.ndjson "$work"
}

# One CPU: of two, the instruction clock lets each run in turn, and what the other one does then comes
# between guest entry and the guest's reading (seen once in 900 wakes of 5.10).
run timer kworker device -- --icount --cpus 1
residue "$work/timer.ndjson" --lateness --ticks 3 --min-wakes 400
for guest in timer kworker device; do
  residue "$work/$guest.ndjson" --ticks 3 --min-wakes 400
done

# What else this machine does holds an emulated CPU up at any moment, between guest entry and the guest's
# reading too. A fault of ours would be there each time. Without VHE the way into the guest takes the emulator three times
# as long, and is held up as much more often.
near_ns=100000
[[ ! ${WAKEPATH_LAB_CPU:-} ]] || near_ns=300000
plain() {
  run timer kworker -- --no-build &&
    residue "$work/timer.ndjson" --lateness --ns "$near_ns" --share 0.99 --min-wakes 200 &&
    residue "$work/kworker.ndjson" --ns "$near_ns" --share 0.99 --min-wakes 200
}
plain || plain || plain
