#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # the guest's shell expands
# A recording or an import made on ARM64 replays to the same bytes there and here, without root. A live run and its own
# recording print the same too.
. "$(dirname "$0")/lib.bash"

traces=(ftrace-4.14.txt trace-cmd.txt)
carry=()
for trace in "${traces[@]}"; do carry+=(--with "$top/tests/golden/trace-text/$trace"); done
lab "${carry[@]}" -- sh -c '
  for trace; do
    wakepath import "/lab/bin/$trace" -o "/out/$trace.wkp" &&
    wakepath replay "/out/$trace.wkp" --format ndjson >"/out/$trace.ndjson" || exit
  done
  wakepath record --guest kworker -d 2s -o /out/k.wkp &&
  wakepath replay /out/k.wkp --format ndjson >/out/k.ndjson &&
  wakepath live --guest timer -d 1s --format ndjson --save /out/t.wkp >/out/t.ndjson &&
  wakepath live --guest kworker -d 1s --wakes --save /out/w.wkp >/out/w.txt' sh "${traces[@]}"
cp -r "$lab_files/lab-out" "$work/out"
chmod -R a+rX "$work"
replay() {
  if ((EUID == 0)); then
    setpriv --reuid=65534 --regid=65534 --clear-groups "$program" replay "$@"
  else
    "$program" replay "$@"
  fi
}

replay "$work/out/k.wkp" --format ndjson >"$work/k.ndjson"
cmp "$work/k.ndjson" "$work/out/k.ndjson" || fail "x86_64 replays other bytes than ARM64"
expect "$work/k.ndjson" --plain --path "$kworker_path" --share "$complete" --complete "$complete" --lost 0 --min-wakes 20

for trace in "${traces[@]}"; do
  "$program" import "$top/tests/golden/trace-text/$trace" -o "$work/$trace.wkp"
  chmod a+r "$work/$trace.wkp"  # only its owner can read it
  cmp "$work/$trace.wkp" "$work/out/$trace.wkp" || fail "$trace is imported to other bytes than on ARM64"
  replay "$work/$trace.wkp" --format ndjson >"$work/$trace.ndjson"
  cmp "$work/$trace.ndjson" "$work/out/$trace.ndjson" || fail "$trace: x86_64 replays other bytes than ARM64"
  grep -q '"type":"wake"' "$work/$trace.ndjson" || fail "$trace: no wakes"
done

replay "$work/out/t.wkp" --format ndjson >"$work/t.ndjson"
sed -i '1s/"source":"live"/"source":"dump"/' "$work/out/t.ndjson"
cmp "$work/t.ndjson" "$work/out/t.ndjson" || fail "live and replay differ in NDJSON"
replay "$work/out/w.wkp" --wakes >"$work/w.txt"
cmp "$work/w.txt" "$work/out/w.txt" || fail "live and replay differ in --wakes"
grep -q 'guest entry' "$work/w.txt" || fail "--wakes shows no guest entry"
