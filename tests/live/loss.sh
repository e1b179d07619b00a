#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rings of one page on a busy host: what was written, lost and left out is what the kernel ran; what a
# loss may have touched is flagged, the rest is not.
. "$(dirname "$0")/lib.bash"
need_live

# timeout kills the storm's whole group, also when the test ends early.
timeout 60 sh -c 'while :; do echo; done | cat' >/dev/null 2>&1 </dev/null &
trap 'kill %1 2>/dev/null || true; rm -rf "$work"' EXIT
"$WAKEPATH" live --guest irqfd -d 3s --ring-size "$(getconf PAGESIZE)" --events full --stats \
  --format ndjson >"$work/full.ndjson"
"$WAKEPATH" live --guest irqfd -d 1s --ring-size "$(getconf PAGESIZE)" --events full >"$work/table.txt"
kill %1 || true

python3 "$tests/check_ndjson.py" "$work/full.ndjson"
python3 "$tests/expect.py" "$work/full.ndjson" --some-lost --accounted --loss-flagged
grep -q -- "--ring-size" "$work/table.txt" || { cat "$work/table.txt" >&2; fail "the summary does not say which option to raise"; }
