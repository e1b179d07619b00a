#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# replay, info, audit and import read every kind of input alike, from a file and from a pipe.
set -euo pipefail
cd "$(dirname "$0")"
: "${WAKEPATH:?the program under test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "failed: $1" >&2; exit 1; }
status_of() { local status=0; "$@" >"$work/out" 2>"$work/err" || status=$?; echo "$status"; }

# COMMAND.. FILE: what it prints of the file and of a pipe with the same bytes.
same() {
  local file=${*: -1} from_file from_pipe
  set -- "${@:1:$#-1}"
  from_file=$(status_of "$WAKEPATH" "$@" "$file")
  sed "s|$file|-|g" "$work/out" >"$work/file"
  from_pipe=$(status_of "$WAKEPATH" "$@" - < <(cat "$file"))
  ((from_file == from_pipe)) || fail "$* $file: exit code $from_file, and $from_pipe through a pipe: $(cat "$work/err")"
  ((from_file == 0 || from_file == 1)) || fail "$* $file: exit code $from_file: $(cat "$work/err")"
  cmp "$work/file" "$work/out" || fail "$* $file is another through a pipe"
}

for input in lab-timer/*.wkp trace-text/ftrace-4.14.txt trace-text/perf-script.txt graph/abstime-6.1.txt; do
  same replay --format ndjson "$input"
  same info "$input"
  same info --format ndjson "$input"
  python3 ../check_ndjson.py "$work/out" || fail "NDJSON of info $input"
  same audit --format ndjson "$input"
  "$WAKEPATH" import --force "$input" -o "$work/file.wkp" 2>/dev/null || fail "import $input"
  "$WAKEPATH" import --force - -o "$work/pipe.wkp" 2>/dev/null < <(cat "$input") || fail "import of a pipe with $input"
  # A file is read twice, so its recording has the names of the vCPUs earlier. What comes of it is the same.
  for one in file pipe; do "$WAKEPATH" replay --format ndjson "$work/$one.wkp" >"$work/$one.ndjson"; done
  cmp "$work/file.ndjson" "$work/pipe.ndjson" || fail "$input is imported otherwise through a pipe"
done

# A recording stays what it is.
for recording in lab-*/*.wkp; do
  "$WAKEPATH" import --force "$recording" -o "$work/again.wkp" 2>/dev/null
  cmp "$recording" "$work/again.wkp" || fail "$recording is another one after an import"
done
cp lab-timer/*.wkp "$work/own.wkp"
(($(status_of "$WAKEPATH" import "$work/own.wkp" -o "$work/own.wkp") == 2)) || fail "it writes over what it reads"
cmp lab-timer/*.wkp "$work/own.wkp" || fail "it wrote over what it reads"

# Damage is said, and is no better or worse through a pipe.
head -c 9000 lab-timer/*.wkp >"$work/cut.wkp"
(($(status_of "$WAKEPATH" replay "$work/cut.wkp") == 5)) || fail "a cut recording"
grep -q 'cut at offset 9000' "$work/err" || fail "it is not said where: $(cat "$work/err")"
cp "$work/out" "$work/file"
(($(status_of "$WAKEPATH" replay - <"$work/cut.wkp") == 5)) || fail "a cut recording through a pipe"
cmp "$work/file" "$work/out" || fail "a cut recording is another through a pipe"
printf 'no trace\n' >"$work/other"
for command in replay info audit; do
  (($(status_of "$WAKEPATH" "$command" "$work/other") == 5)) || fail "$command takes any file"
  grep -q 'neither a recording' "$work/err" || fail "$command: $(cat "$work/err")"
done
