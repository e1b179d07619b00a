#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# A host isolates CPU 1, and a vCPU is pinned there: the audit finds nothing. Then an interrupt, a kworker and a task of
# others run there: the audit finds these three and nothing else, in a recording too. What counts is whether something
# ran there, not for how long.
. "$(dirname "$0")/lib.bash"

printf '#!/bin/sh\nwhile :; do :; done\n' >"$work/hog"

lab --append 'isolcpus=1 transparent_hugepage=never' --with "$work/hog" -- sh -c '
  last_cpu() { set -- $(sed "s/.*) //" "$1/stat"); echo "${37}"; }

  guest_demo timer 10000 600 >/dev/null &
  until thread=$(grep -l "^CPU 0/KVM" /proc/[0-9]*/task/*/comm); do sleep 0.02; done
  thread=${thread%/comm}
  taskset -p 2 "${thread##*/}" >/dev/null
  until [ "$(last_cpu "$thread")" = 1 ]; do sleep 0.02; done
  wakepath audit --for 2s --format ndjson >/out/clean.ndjson
  echo "clean $?"

  irq=$(sed -n "s/^ *\([0-9]*\):.*rtc-pl031.*/\1/p" /proc/interrupts)
  echo 1 >"/proc/irq/$irq/smp_affinity_list"
  taskset 1 sh -c "while sleep 0.1; do
    cat /proc/sys/vm/stat_refresh
    echo +1 >/sys/class/rtc/rtc0/wakealarm
  done" >/dev/null 2>&1 &
  taskset 2 hog &
  touch /out/bad.ndjson /out/recorded.ndjson
  # Not every run of a slow host has all three in it, or time to read the settings.
  all_three() {
    for name in rtc-pl031 refresh_vm_stats hog; do grep -q "\"name\":\"$name\"" "$1" || return; done
  }
  until all_three /out/bad.ndjson; do
    wakepath audit --for 3s --format ndjson >/out/bad.ndjson
    code=$?
  done
  echo "bad $code"
  seconds=3
  until all_three /out/recorded.ndjson && ! grep -q "not in the recording" said; do
    wakepath record -d ${seconds}s --force -o /out/bad.wkp || exit 30
    wakepath audit /out/bad.wkp --format ndjson >/out/recorded.ndjson 2>said
    code=$?
    seconds=$((seconds * 2))
  done
  echo "recorded $code"
  wakepath audit /out/bad.wkp --fail-at never >/out/bad.txt
  echo "never $?"' >"$work/codes"
out=$lab_files/lab-out
diff - "$work/codes" <<'CODES' || fail "exit codes: see above"
clean 0
bad 1
recorded 1
never 0
CODES

# This machine judges the recording as the host did.
code=0
"$program" audit "$out/bad.wkp" --format ndjson >"$work/elsewhere.ndjson" || code=$?
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
