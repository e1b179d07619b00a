#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each wake of each workload against an independent reading of ftrace's text of the same run: path, hops and order. In the
# instruction clock all boundaries too. WAKEPATH_ORACLE_CLOCKS: `icount` alone, or both.
. "$(dirname "$0")/lib.bash"

status=0
"$top/tests/oracle/record-in-lab" "$work/icount" icount "${lab_options[@]}"
python3 "$top/tests/oracle/oracle.py" --icount "$work/icount" || status=1

# ftrace's own text of it, with trace_clock mono, has no less: its times are judged right, and each wake keeps its total.
# At both ends one of the two tracers may have a part of a wake.
for workload in timer kworker; do
  path=${workload}_path stages=${workload}_stages
  "$program" replay "$work/icount/$workload.trace" --format ndjson >"$work/$workload.text.ndjson"
  expect "$work/$workload.text.ndjson" --path "${!path}" --stages "${!stages}" --complete 0.98 --lost 0 --min-wakes 50 ||
    status=1
done

[[ ${WAKEPATH_ORACLE_CLOCKS:-icount plain} == *plain* ]] || exit "$status"

# On PREEMPT_RT a program may be preempted. One that would run meanwhile on that CPU is missed: those wakes are flagged.
lossy=0.1
[[ ${WAKEPATH_LAB_KERNEL:-} != *-rt-* ]] || lossy=0.25
# In plain mode the machine may take the emulator off its CPU between the two tracers' stamps of one event, and no stamp tells.
# So what disagrees is recorded once more: wakepath is wrong if it disagrees again. A recording that is no witness (ftrace lost
# something of it, or has another number of timers than the guest) is made again too, up to three times in all.
agreed=0 wrong=1
declare -A disagreed=()
mkdir "$work/plain"
again=''
for _ in 1 2 3; do
  CASES=$again "$top/tests/oracle/record-in-lab" "$work/recorded" plain "${lab_options[@]}" --no-build
  python3 "$top/tests/oracle/oracle.py" --min-wakes 20 --lossy "$lossy" --verdicts "$work/verdicts" "$work/recorded" || true
  again=''
  while read -r name verdict; do
    cp "$work/recorded/$name".* "$work/plain"
    ((verdict != agreed)) || continue
    again+=" $name"
    ((verdict == wrong)) || continue
    [[ ! ${disagreed[$name]:-} ]] || { echo "$name disagrees in two recordings"; status=1; }
    disagreed[$name]=yes
  done <"$work/verdicts"
  [[ $again ]] || break
  echo "recorded again:$again"
done
[[ ! $again ]] || status=1
for workload in timer vcpus timer-busy; do residue "$work/plain/$workload.ndjson" --order --lateness || status=1; done
for workload in timer kworker irqfd device timer-busy kworker-busy; do
  residue "$work/plain/$workload.ndjson" --order || status=1
done
exit "$status"
