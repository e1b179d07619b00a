#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rings of one page on a busy host, and a reader that stands still until they must have run over. Events written, lost and
# left out sum to the runs that the kernel counts. Wakes that a loss may have touched are flagged, the others are not.
. "$(dirname "$0")/lib.bash"
: "${GUEST_DEMO:?the program that is a guest and nothing else}"
need_live

switches() { sed -n 's/^ctxt //p' /proc/stat; }

lossy() {  # FILE ARGS... : traces until there was a loss, and something after it
  local file=$1 tracer until_switches size
  "$WAKEPATH" live --ring-size "$(getconf PAGESIZE)" --events full "${@:2}" >"$file" &
  tracer=$!
  until grep -q vcpu "$file"; do kill -0 "$tracer" || fail "the tracer ended"; sleep 0.1; done
  kill -STOP "$tracer"
  until_switches=$(($(switches) + 10000 + 1000 * $(nproc)))
  until (($(switches) >= until_switches)); do sleep 0.1; done
  kill -CONT "$tracer"
  size=$(stat -c %s "$file")
  until (($(stat -c %s "$file") > size)); do kill -0 "$tracer" || fail "the tracer ended"; sleep 0.1; done
  kill -INT "$tracer"
  wait "$tracer"
}

# timeout kills the whole group of each, also when the test ends early.
timeout 170 sh -c 'while :; do echo; done | cat' >/dev/null 2>&1 </dev/null &
timeout 170 "$GUEST_DEMO" irqfd 10000 600 >/dev/null &
trap 'kill %1 %2 2>/dev/null || true; rm -rf "$work"' EXIT
lossy "$work/full.ndjson" --stats --format ndjson
lossy "$work/table.txt"

python3 "$tests/check_ndjson.py" "$work/full.ndjson"
python3 "$tests/expect.py" "$work/full.ndjson" --some-lost --accounted --loss-flagged
grep -q -- "--ring-size" "$work/table.txt" || { cat "$work/table.txt" >&2; fail "the summary does not say which option to raise"; }
