#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # it is the guest that expands
# A guest that has no wakes, because its WFI does not trap (6.12 and later only): `live` and `doctor` say so of
# each vCPU, and of one that sleeps they don't.
. "$(dirname "$0")/lib.bash"

# What `live`, its replay and `doctor` say of two vCPUs.
script='
  wakepath live --guest timer --vcpus 2 --period "$1" -d 2s --format ndjson --save /out/a.wkp >/out/live.ndjson
  wakepath replay /out/a.wkp --format ndjson >/out/replay.ndjson
  wakepath replay /out/a.wkp >/out/table.txt
  guest_demo timer "${1%us}" 120 2 >/dev/null &
  sleep 1
  wakepath doctor --format ndjson >/out/doctor.ndjson
  wakepath doctor >/out/doctor.txt
  true'

finding() {  # RULE DOCTOR-TEXT: of both vCPUs
  local out=$top/build/lab-out
  python3 "$top/tests/check_ndjson.py" "$out/live.ndjson"
  python3 "$top/tests/check_ndjson.py" "$out/doctor.ndjson"
  sed '1s/"source":"live"/"source":"dump"/' "$out/live.ndjson" | cmp - "$out/replay.ndjson" || fail "replay says something else"
  python3 - "$out" "$1" "$2" <<'PYTHON' || fail "see above"
import json
import sys

out, rule, doctor = sys.argv[1:]
lines = [json.loads(line) for line in open(f"{out}/live.ndjson", encoding="utf-8")]
found = {(line["vm"], line["vcpu"]): line for line in lines if line["type"] == "finding"}
assert {key: line["rule"] for key, line in found.items()} == {("guest", 0): rule, ("guest", 1): rule}, found
for line in found.values():
    seen = line["evidence"]
    # The reader and the other vCPU want a CPU too.
    assert seen["on_cpu_ns"] + seen["waiting_ns"] > 0.95 * seen["observed_ns"], seen
    assert seen["on_cpu_ns"] > 0.3 * seen["observed_ns"] > 1e8, seen
    assert (seen["polls"] > 10) == (rule == "always_polls"), seen
checks = [json.loads(line) for line in open(f"{out}/doctor.ndjson", encoding="utf-8")]
of = {line["name"]: line for line in checks if line["name"].startswith("guest_demo vCPU")}
assert len(of) == 2, checks
for line in of.values():
    assert line["state"] == "warning" and doctor in line["detail"], line
PYTHON
  grep -q 'guest vCPU 1: never' "$out/table.txt" || { cat "$out/table.txt" >&2; fail "the table does not say so"; }
  grep -q 'guest_demo vCPU 1' "$out/doctor.txt" || fail "doctor does not say so in text"
}

lab -- true  # builds
cmake --build "$top/build-arm64" --target guest_demo >/dev/null
carry=(--no-build --with "$top/build-arm64/guest_demo")

case ${WAKEPATH_LAB_KERNEL:-} in
  */trixie | */sid)
    lab "${carry[@]}" --append kvm-arm.wfi_trap_policy=notrap -- sh -c "$script" sh 10000us
    finding never_blocks 'no wakes to see'
    ;;
esac

# Polling wins, but for the first sleeps, in which it grows.
lab --no-build --icount -- wakepath live --guest timer --period 200us -d 2s --format ndjson >"$work/polls.ndjson"
python3 "$top/tests/check_ndjson.py" "$work/polls.ndjson"
grep '"rule":"always_polls"' "$work/polls.ndjson" || fail "a vCPU that polls all the time is not said to"

# One that sleeps between two wakes is none of these.
lab "${carry[@]}" -- sh -c '
  wakepath live --guest timer -d 1s --format ndjson >/out/live.ndjson
  guest_demo timer 50000 120 >/dev/null &
  sleep 1
  wakepath doctor >/out/doctor.txt
  true'
! grep '"finding"' "$top/build/lab-out/live.ndjson" || fail "a vCPU that sleeps is said not to"
grep -q 'guest_demo vCPU 0 *blocks' "$top/build/lab-out/doctor.txt" ||
  { cat "$top/build/lab-out/doctor.txt" >&2; fail "doctor does not see a vCPU block"; }
