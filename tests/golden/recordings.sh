#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Recordings of the ARM64 lab replay to the bytes beside them. WAKEPATH_GOLDEN_UPDATE=1 writes these anew: read the
# difference before you commit it.
set -euo pipefail
cd "$(dirname "$0")"
: "${WAKEPATH:?the program under test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

seen=0
for recording in lab-*/*.wkp; do
  case=$(dirname "$recording")
  "$WAKEPATH" replay "$recording" --format ndjson >"$work/expected.ndjson"
  "$WAKEPATH" replay "$recording" --wakes >"$work/expected-wakes.txt"
  python3 ../check_ndjson.py "$work/expected.ndjson"
  "$WAKEPATH" replay "$recording" --format ndjson --heat-map >"$work/heat.ndjson"
  python3 ../check_ndjson.py "$work/heat.ndjson"
  grep '"type":"heat_map"' "$work/heat.ndjson" >/dev/null || { echo "no heat map of $recording" >&2; exit 1; }
  grep -v '"type":"heat_map"' "$work/heat.ndjson" | cmp - "$work/expected.ndjson"
  for worst in 1 3 10000; do
    "$WAKEPATH" replay "$recording" --format ndjson --worst "$worst" | python3 ../check_ndjson.py
  done
  # The target is missed, or can't be judged: that is exit code 1.
  { "$WAKEPATH" replay "$recording" --format ndjson --explain --target 1us 2>/dev/null || (($? == 1)); } |
    python3 ../check_ndjson.py
  for form in expected.ndjson expected-wakes.txt; do
    if [[ ${WAKEPATH_GOLDEN_UPDATE:-} ]]; then
      cp "$work/$form" "$case/$form"
    fi
    diff -u "$case/$form" "$work/$form" | head -40
    cmp "$case/$form" "$work/$form"
    seen=$((seen + 1))
  done
done
((seen > 0)) || { echo "no recording to replay" >&2; exit 1; }
