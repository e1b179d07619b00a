#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# A guest has no wakes if its WFI does not trap (6.12 and later only), or if polling always wins: `live` and `doctor` say
# so of each vCPU, and they don't say it of a vCPU that sleeps. The instruction clock tells the shares of time.
. "$(dirname "$0")/lib.bash"

vcpus_are_there='until [ "$(cat /proc/[0-9]*/task/*/comm 2>/dev/null | grep -c "/KVM")" = "$1" ]; do sleep 0.02; done'

# What `live`, its replay and `doctor` say of two vCPUs that never block.
never() {
  lab --icount --append kvm-arm.wfi_trap_policy=notrap -- sh -c "
    wakepath live --guest timer --vcpus 2 --period 10ms -d 500ms --format ndjson --save /out/a.wkp >/out/live.ndjson
    wakepath replay /out/a.wkp --format ndjson >/out/replay.ndjson
    wakepath replay /out/a.wkp >/out/table.txt
    guest_demo timer 10000 600 2 >/dev/null &
    set -- 2
    $vcpus_are_there
    wakepath doctor --format ndjson >/out/doctor.ndjson
    wakepath doctor >/out/doctor.txt
    true"
  local out=$lab_files/lab-out
  python3 "$top/tests/check_ndjson.py" "$out/live.ndjson"
  python3 "$top/tests/check_ndjson.py" "$out/doctor.ndjson"
  sed '1s/"source":"live"/"source":"dump"/' "$out/live.ndjson" | cmp - "$out/replay.ndjson" || fail "replay says something else"
  python3 - "$out" <<'PYTHON' || fail "see above"
import json
import sys

out = sys.argv[1]
lines = [json.loads(line) for line in open(f"{out}/live.ndjson", encoding="utf-8")]
found = {(line["vm"], line["vcpu"]): line for line in lines if line["type"] == "finding"}
assert {key: line["rule"] for key, line in found.items()} == {("guest", 0): "never_blocks", ("guest", 1): "never_blocks"}, found
for line in found.values():
    seen = line["evidence"]
    # The reader and the other vCPU want a CPU too.
    assert seen["on_cpu_ns"] + seen["waiting_ns"] > 0.95 * seen["observed_ns"], seen
    assert seen["on_cpu_ns"] > 0.3 * seen["observed_ns"] > 1e8, seen
    assert seen["polls"] <= 10, seen
checks = [json.loads(line) for line in open(f"{out}/doctor.ndjson", encoding="utf-8")]
of = {line["name"]: line for line in checks if line["name"].startswith("guest_demo vCPU")}
assert len(of) == 2, checks
for line in of.values():
    assert line["state"] == "warning" and "no wakes to see" in line["detail"], line
PYTHON
  grep -q 'guest vCPU 1: never' "$out/table.txt" || { cat "$out/table.txt" >&2; fail "the table does not say so"; }
  grep -q 'guest_demo vCPU 1' "$out/doctor.txt" || fail "doctor does not say so in text"
}

case ${WAKEPATH_LAB_KERNEL:-} in */trixie | */sid) never ;; esac

# A vCPU with a period of 200 us polls, but for the first sleeps, in which the time to poll grows. The others sleep.
lab --icount -- sh -c "
  wakepath live --guest timer --period 200us -d 1s --format ndjson >/out/polls.ndjson &&
  wakepath live --guest timer -d 500ms --format ndjson >/out/sleeps.ndjson || exit
  guest_demo timer 50000 600 >/dev/null &
  set -- 1
  $vcpus_are_there
  wakepath doctor >/out/doctor.txt
  true"
out=$lab_files/lab-out
python3 "$top/tests/check_ndjson.py" "$out/polls.ndjson"
grep '"rule":"always_polls"' "$out/polls.ndjson" || fail "a vCPU that polls all the time is not said to"
! grep '"finding"' "$out/sleeps.ndjson" || fail "a vCPU that sleeps is said not to"
grep -q 'guest_demo vCPU 0 *blocks' "$out/doctor.txt" ||
  { cat "$out/doctor.txt" >&2; fail "doctor does not see a vCPU block"; }
