#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # it is the guest that expands
# A host that isolates CPU 1 and has a vCPU pinned there: the audit finds nothing. Then an interrupt, a kworker and a
# task of others run there: it finds these three, and nothing else; from a recording too.
. "$(dirname "$0")/lib.bash"

lab -- true  # builds
cmake --build "$top/build-arm64" --target guest_demo >/dev/null
printf '#!/bin/sh\nwhile :; do :; done\n' >"$work/hog"

lab --no-build --append 'isolcpus=1 transparent_hugepage=never' --with "$top/build-arm64/guest_demo" --with "$work/hog" -- sh -c '
  guest_demo timer 10000 6000 >/dev/null &
  sleep 0.5
  for comm in /proc/[0-9]*/task/*/comm; do
    [ "$(cat "$comm")" != "CPU 0/KVM" ] || { tid=${comm%/comm}; taskset -p 2 "${tid##*/}" >/dev/null; }
  done
  sleep 0.5
  wakepath audit --for 3s --format ndjson >/out/clean.ndjson
  echo "clean $?"

  irq=$(sed -n "s/^ *\([0-9]*\):.*rtc-pl031.*/\1/p" /proc/interrupts)
  echo 1 >"/proc/irq/$irq/smp_affinity_list"
  taskset 1 sh -c "while sleep 0.1; do
    cat /proc/sys/vm/stat_refresh
    echo +1 >/sys/class/rtc/rtc0/wakealarm
  done" >/dev/null 2>&1 &
  taskset 2 hog &
  sleep 0.5
  wakepath audit --for 4s --format ndjson >/out/bad.ndjson
  echo "bad $?"
  wakepath audit --for 4s --fail-at never >/out/bad.txt
  echo "never $?"
  wakepath record -d 4s -o /out/bad.wkp
  wakepath audit /out/bad.wkp --format ndjson >/out/recorded.ndjson
  echo "recorded $?"' >"$work/codes"
out=$top/build/lab-out
diff - "$work/codes" <<'CODES' || fail "exit codes: see above"
clean 0
bad 1
never 0
recorded 1
CODES

# Judged elsewhere it says the same.
code=0
"${WAKEPATH:-$top/build/wakepath}" audit "$out/bad.wkp" --format ndjson >"$work/elsewhere.ndjson" || code=$?
((code == 1)) || fail "the recording judged here: exit code $code"
cmp "$out/recorded.ndjson" "$work/elsewhere.ndjson"

for file in clean bad recorded; do
  python3 "$top/tests/check_ndjson.py" "$out/$file.ndjson"
done
python3 - "$out" <<'PYTHON' || { cat "$out/bad.txt" >&2; fail "see above"; }
import json
import sys


def findings(name):
    lines = [json.loads(line) for line in open(f"{sys.argv[1]}/{name}.ndjson", encoding="utf-8")]
    assert lines[-1]["type"] == "audit" and lines[-1]["observed"]["wakes"] > 20, lines[-1]
    return [line for line in lines[:-1] if line["severity"] != "info"]


assert not findings("clean"), findings("clean")
violations = {("ran_irq", "rtc-pl031"), ("ran_work", "refresh_vm_stats"), ("ran_task", "hog")}
for name in ("bad", "recorded"):
    found = {(line["rule"], line["evidence"]["name"]): line for line in findings(name)}
    assert found.keys() == violations, (name, found)
    for line in found.values():
        seen = line["evidence"]
        assert line["cpu"] == 1 and line["vm"] == "guest_demo" and line["vm_pid"], line
        assert seen["count"] > 0 and 0 < seen["longest_ns"] <= seen["ns"], line
    hog = found["ran_task", "hog"]
    assert hog["severity"] == "error" and hog["evidence"]["delayed_wakes"] > 10, hog
    assert hog["fix"] == f"taskset -cp 0 {hog['evidence']['tid']}", hog
    irq = found["ran_irq", "rtc-pl031"]
    assert irq["fix"] == f"echo 0 >/proc/irq/{irq['evidence']['irq']}/smp_affinity_list", irq
    assert "on CPU 0" in found["ran_work", "refresh_vm_stats"]["evidence"]["queued_by"]
PYTHON
