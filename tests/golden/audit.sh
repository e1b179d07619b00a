#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# wakepath audit on made-up trees, and on a recording. WAKEPATH_GOLDEN_UPDATE=1 writes the expected files anew: read the
# difference before you commit it.
# shellcheck disable=SC2016  # hostile names are to be told as they are
set -euo pipefail
cd "$(dirname "$0")"
: "${WAKEPATH:?the program under test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "failed: $1" >&2; exit 1; }
audit() {  # CODE ARGS...: to $work/out and $work/err
  local expected=$1 status=0
  shift
  timeout 600 "$WAKEPATH" audit "$@" >"$work/out" 2>"$work/err" || status=$?
  ((status == expected)) || fail "exit code $status, not $expected: audit $*: $(cat "$work/out" "$work/err")"
}
same() {  # FILE
  [[ ! ${WAKEPATH_GOLDEN_UPDATE:-} ]] || cp "$work/out" "audit/$1"
  diff -u "audit/$1" "$work/out"
}
# wakepath must not end by a signal, report a bug of its own, or need a minute of CPU time.
survives() {  # ARGS...
  local status=0
  (ulimit -t 60 && exec "$WAKEPATH" audit "$@") >"$work/out" 2>"$work/err" || status=$?
  ((status == 0 || status == 1 || status == 5)) || fail "exit code $status: audit $*: $(cat "$work/err")"
  ! grep -q $'[\x01-\x09\x0b-\x1f\x7f]' "$work/out" "$work/err" || fail "control characters: audit $*"
}
survives_all() {  # TREE
  survives --root "$1"
  survives --root "$1" --all --fail-at info
  survives --root "$1" --format ndjson
  [[ ! -s $work/out ]] || python3 ../check_ndjson.py "$work/out"
}

for kind in good bad twins; do
  bash audit/tree.sh "$work/$kind" "$kind"
done
audit 0 --root "$work/good"
same good.txt
audit 1 --root "$work/bad"
same bad.txt
audit 1 --root "$work/bad" --format ndjson
python3 ../check_ndjson.py "$work/out"
same bad.ndjson
# Two VMs of one name: told apart by process, and moved by thread.
audit 1 --root "$work/twins" --all
grep -E 'web1|taskset|virsh|vCPU' "$work/out" >"$work/named"
mv "$work/named" "$work/out"
same twins.txt
audit 0 --root "$work/bad" --fail-at never
audit 0 --root "$work/bad" --fail-at error
audit 1 --root "$work/bad" --fail-at info --vm web1
audit 2 --root "$work/bad" --vm web2
grep -q "no VM 'web2'" "$work/err" || fail "$(cat "$work/err")"
audit 2 --root "$work/bad" --fail-at worst
audit 2 --isolated 3-1
audit 2 lab-kworker/kworker.wkp --for 3s
audit 2 --root "$work/bad" --isolated 4,99
audit 2 lab-kworker/kworker.wkp --isolated 99
grep -q 'no CPU 99' "$work/err" || fail "$(cat "$work/err")"
# A host that keeps nothing free: nothing passes.
cp -r "$work/good" "$work/free"
rm -r "$work/free/proc/95" "$work/free/proc/cmdline"
echo >"$work/free/sys/devices/system/cpu/isolated"
echo >"$work/free/sys/devices/system/cpu/nohz_full"
audit 1 --root "$work/free"
[[ $(head -1 "$work/out") == 'Nothing to judge, so --fail-at warning does not pass: no CPU is isolated'* ]] || fail "$(cat "$work/out")"
audit 0 --root "$work/free" --fail-at never
! grep -q 'Nothing found' "$work/out" || fail "$(cat "$work/out")"
audit 1 --root "$work/free" --isolated 4-7
! grep -q 'Nothing to judge' "$work/out" || fail "$(cat "$work/out")"
audit 5 --root "$work/nothing"
audit 5 "$work/nothing"

audit 1 lab-kworker/kworker.wkp --isolated 1
same recording.txt
# A recording with its host's settings, from the lab: tests/arm64/audit.sh made it.
# Root is nobody by then, and must find it.
chmod 711 "$work"
mkdir -m 1777 "$work/tmp"
TMPDIR=$work/tmp audit 1 audit/recorded.wkp
same recorded.txt
rmdir "$work/tmp" || fail "the settings were left behind"
audit 1 lab-kworker/kworker.wkp --isolated 1 --format ndjson
python3 ../check_ndjson.py "$work/out"
head -c 20000 lab-kworker/kworker.wkp >"$work/cut.wkp"
audit 5 "$work/cut.wkp" --isolated 1 --fail-at never
printf '# tracer: nop\n#\n          <...>-1 [000] d..1. 5.000000: bprint: x\n' >"$work/nothing.txt"
audit 1 "$work/nothing.txt"
grep -q 'Nothing was observed: there is no event in it' "$work/out" || fail "$(cat "$work/out")"
# A trace without times gives no durations.
audit 1 trace-text/counter.txt
grep -q 'Nothing was observed: the trace has no times' "$work/out" || fail "$(cat "$work/out")"

# Hostile: each file may hold anything.
cp -r "$work/bad" "$work/hostile"
printf '99999999999999999999-3,\e[2J' >"$work/hostile/sys/devices/system/cpu/possible"
printf 'isolcpus=\e[2J,0-99999999999 nohz_full=5-3 "rcu_nocbs=\xff' >"$work/hostile/proc/cmdline"
printf '99999999999999999999999' >"$work/hostile/proc/sys/kernel/sched_rt_runtime_us"
printf ',,,,zz' >"$work/hostile/proc/irq/default_smp_affinity"
head -c 300000 /dev/zero | tr '\0' 'f' >"$work/hostile/sys/devices/virtual/workqueue/cpumask"
printf '\e[2J\e]0;owned\a\xff' >"$work/hostile/sys/devices/system/cpu/cpu4/cpuidle/state1/name"
printf '[' >"$work/hostile/sys/kernel/mm/transparent_hugepage/defrag"
printf '\e[31m$(reboot);`reboot`\n' >"$work/hostile/proc/300/task/300/comm"
printf 'qemu-kvm\0-name\0guest=\e[2J$(reboot)'"'"';\0' >"$work/hostile/proc/95/cmdline"
printf '0::/../../../../etc\n' >"$work/hostile/proc/95/cgroup"
rm "$work/hostile/proc/95/task/96/status"
mkdir "$work/hostile/proc/95/task/99999999999" "$work/hostile/proc/95/task/98"
survives_all "$work/hostile"

# Trees that lack either half, and directories in place of files.
(cd "$work/bad" && find . -type f | sort) >"$work/files"
for rest in 0 1; do
  cp -r "$work/bad" "$work/half$rest"
  awk -v rest="$rest" 'NR % 2 == rest' "$work/files" | (cd "$work/half$rest" && xargs -d '\n' rm)
  survives_all "$work/half$rest"
done
(cd "$work/half0" && awk 'NR % 2 == 0' "$work/files" | xargs -d '\n' mkdir)
survives_all "$work/half0"

# As many CPUs and as many interrupts as there may be.
python3 irqs/large-tree.py "$work/cpus" 4096 100
python3 irqs/large-tree.py "$work/irqs" 8 10000
for tree in cpus irqs; do
  mkdir -p "$work/$tree/sys/devices/system/cpu"
  for file in possible online; do echo "0-$([[ $tree == cpus ]] && echo 4095 || echo 7)" >"$work/$tree/sys/devices/system/cpu/$file"; done
  echo "2-$([[ $tree == cpus ]] && echo 4095 || echo 7)" >"$work/$tree/sys/devices/system/cpu/isolated"
  survives_all "$work/$tree"
  survives --root "$work/$tree"
  (($(wc -l <"$work/out") <= 50)) || fail "more than a screen"
done
