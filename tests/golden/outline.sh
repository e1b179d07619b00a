#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# wakepath import --outline on pieces of function_graph text of real hosts (graph/): a 4.14 one with the
# tracer's default options, a 6.1 one with times and tasks. WAKEPATH_GOLDEN_UPDATE=1 writes the expected
# files anew: read the difference before you commit it.
set -euo pipefail
cd "$(dirname "$0")/graph"
: "${WAKEPATH:?the program under test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "failed: $1" >&2; exit 1; }
refused() {  # CODE TEXT ARGS...
  local code=$1 text=$2 status=0
  shift 2
  "$WAKEPATH" import "$@" >"$work/out" 2>"$work/err" || status=$?
  ((status == code)) || fail "exit code $status, not $code: import $*"
  [[ ! -s $work/out ]] || fail "it printed something: import $*"
  grep -q -- "$text" "$work/err" || fail "no '$text' in the message: $(cat "$work/err")"
}

for trace in *.txt; do
  "$WAKEPATH" import --outline "$trace" >"$work/outline"
  if [[ ${WAKEPATH_GOLDEN_UPDATE:-} ]]; then
    cp "$work/outline" "${trace%.txt}.outline"
  fi
  diff -u "${trace%.txt}.outline" "$work/outline" || fail "the outline of $trace is another one"
  "$WAKEPATH" import --outline - <"$trace" | cmp - "$work/outline" || fail "$trace reads otherwise from a pipe"
  "$WAKEPATH" import --outline --format ndjson "$trace" >"$work/ndjson"
  python3 ../../check_ndjson.py "$work/ndjson" || fail "NDJSON of $trace"
  (($(wc -l <"$work/ndjson") == $(grep -c '^wake ' "$work/outline"))) || fail "not as many wakes in NDJSON"
done

"$WAKEPATH" import --outline --wake 1 default-4.14.txt | cmp - default-4.14.outline || fail "its only wake is the first"
refused 2 'there is no wake 9' --outline --wake 9 default-4.14.txt
refused 2 'replay --wakes' --outline default-4.14.outline
refused 2 'writes no --output' --outline default-4.14.txt -o "$work/x.wkp"
refused 5 'No such file' --outline "$work/none"

# wakepath reports unreadable parts and uses the rest.
{ sed 5q default-4.14.txt; echo 'no graph'; sed 1,5d default-4.14.txt; } >"$work/hurt"
status=0
"$WAKEPATH" import --outline "$work/hurt" >"$work/out" 2>"$work/err" || status=$?
((status == 5)) || fail "exit code $status of a damaged trace"
grep -q 'line 6: is no function graph ("no graph")' "$work/err" || fail "the line is not said"
grep -q '^wake 1 of CPU 0/K-44' "$work/out" || fail "the rest is not used"

# The same wake as a chain: in order, and without numbers that the trace does not have.
"$WAKEPATH" replay --wakes default-4.14.txt >"$work/wakes" 2>/dev/null
grep -q 'timer(kvm_timer_expire)>work(kvm_timer_inject_irq_work)>vcpu' "$work/wakes" || fail "no chain of 4.14"
"$WAKEPATH" replay --wakes abstime-6.1.txt >"$work/wakes" 2>/dev/null
grep -q 'timer(kvm_bg_timer_expire)>vcpu' "$work/wakes" || fail "no chain of 6.1"
