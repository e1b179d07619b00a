#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Recorded on ARM64, replayed there and here, without root: the same bytes. Live and its own recording too.
. "$(dirname "$0")/lib.bash"
program=${WAKEPATH:-$top/build/wakepath}

lab -- sh -c '
  wakepath record --guest kworker -d 5s -o /out/k.wkp &&
  wakepath replay /out/k.wkp --format ndjson >/out/k.ndjson &&
  wakepath live --guest timer -d 2s --format ndjson --save /out/t.wkp >/out/t.ndjson &&
  wakepath live --guest kworker -d 2s --wakes --save /out/w.wkp >/out/w.txt'
cp -r "$top/build/lab-out" "$work/out"
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
expect "$work/k.ndjson" --path "$kworker_path" --share "$complete" --complete "$complete" --lost 0 --min-wakes 100

replay "$work/out/t.wkp" --format ndjson >"$work/t.ndjson"
sed -i '1s/"source":"live"/"source":"dump"/' "$work/out/t.ndjson"
cmp "$work/t.ndjson" "$work/out/t.ndjson" || fail "live and replay differ in NDJSON"
replay "$work/out/w.wkp" --wakes >"$work/w.txt"
cmp "$work/w.txt" "$work/out/w.txt" || fail "live and replay differ in --wakes"
grep -q 'guest entry' "$work/w.txt" || fail "--wakes shows no guest entry"
