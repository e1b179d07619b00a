#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each wake of each workload against an independent reading of ftrace's text of the same run: path, hops and, in the
# instruction clock, all boundaries.
. "$(dirname "$0")/lib.bash"

status=0
"$top/tests/oracle/record-in-lab" "$work/icount" icount "${lab_options[@]}"
python3 "$top/tests/oracle/oracle.py" --icount "$work/icount" || status=1
# On PREEMPT_RT a program may be preempted, and one that would run meanwhile on that CPU is missed: those wakes are flagged.
lossy=0.1
[[ ${WAKEPATH_LAB_KERNEL:-} != *-rt-* ]] || lossy=0.25
# A crowded machine may leave an emulated host little time, and take a CPU away between two stamps of one event: what
# happens on two CPUs at once then has another order for each tracer. A fault of ours is there each time.
plain() {
  rm -rf "$work/plain"
  "$top/tests/oracle/record-in-lab" "$work/plain" plain "${lab_options[@]}" --no-build
  python3 "$top/tests/oracle/oracle.py" --min-wakes 20 --lossy "$lossy" "$work/plain"
}
plain || plain || plain || status=1
exit "$status"
