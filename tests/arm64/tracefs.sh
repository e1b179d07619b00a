#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# BPF and tracefs record the same run and tell the same wakes. The next run cleans up after one that was killed. Where
# there is no BTF, tracefs takes over by itself.
. "$(dirname "$0")/lib.bash"

# The period is no simple ratio to the host's tick (4 ms), which would meet many wakes in the same step.
lab --icount -- sh -c '
  instances=/sys/kernel/tracing/instances
  begin_tracefs() {  # FILE: sets $other once it captures
    wakepath record --backend tracefs -d 600s -o "$1" &
    other=$!
    until [ "$(cat $instances/wakepath-*/tracing_on 2>/dev/null)" = 1 ]; do sleep 0.05; done
  }
  for guest in timer kworker; do
    begin_tracefs /out/$guest-tracefs.wkp
    wakepath record --backend bpf --guest $guest --period 9937us -d 2s -o /out/$guest-bpf.wkp || exit 30
    kill -INT $other
    wait $other || exit 31
  done
  begin_tracefs /out/killed.wkp
  ls $instances >/out/instances-running
  kill -KILL $other
  wait $other
  ls $instances >/out/instances-killed
  wakepath record --backend tracefs --guest timer -d 500ms -o /out/after.wkp || exit 32
  ls $instances >/out/instances-after
  mount -t tmpfs none /sys/kernel/btf
  wakepath live --guest kworker -d 2s --format ndjson >/out/auto.ndjson 2>/out/auto.err || exit 33
  wakepath doctor >/out/doctor.txt || exit 34'
out=$lab_files/lab-out

for guest in timer kworker; do
  for backend in bpf tracefs; do
    "$program" replay "$out/$guest-$backend.wkp" --format ndjson >"$work/$guest-$backend.ndjson"
    python3 "$top/tests/check_ndjson.py" "$work/$guest-$backend.ndjson"
  done
  python3 "$top/tests/arm64/tracefs/compare.py" --min-wakes 100 "$work/$guest-bpf.ndjson" "$work/$guest-tracefs.ndjson"
done

[[ $(<"$out/instances-running") == wakepath-* ]] || fail "a capture has no instance of its own"
[[ $(<"$out/instances-killed") == "$(<"$out/instances-running")" ]] || fail "the instance of a killed run is gone by itself"
[[ ! -s $out/instances-after ]] || fail "what a killed run left is still there: $(<"$out/instances-after")"

grep -q '^wakepath: captures through tracefs: .*BTF' "$out/auto.err" || fail "it is not said that tracefs is used, and why"
grep -q '^wakepath: note: captured through tracefs, not BPF' "$out/auto.err" || fail "the stream does not say that tracefs was used"
grep -Eq '^ *ok +backend +tracefs' "$out/doctor.txt" || fail "doctor does not say that tracefs would be used"
expect "$out/auto.ndjson" --path "$kworker_path" --share "$complete" --complete "$complete" --lost 0 --min-wakes 100
