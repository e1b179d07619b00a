#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Records of this kernel's captures are dropped, doubled, delayed and put out of order: no complete chain is ever wrong
# (tests/golden/damage_test.cpp states the rules).
. "$(dirname "$0")/lib.bash"
test=${GOLDEN_DAMAGE:-$top/build/golden_damage}

lab -- sh -c '
  wakepath record --guest timer --vcpus 2 --events full -d 2s -o /out/timer.wkp &&
  wakepath record --guest kworker --vcpus 2 -d 2s -o /out/kworker.wkp &&
  wakepath record --guest device --events full -d 2s -o /out/device.wkp'
cp -r "$lab_files/lab-out" "$work/recordings"
said=0
WAKEPATH_DAMAGE_RECORDINGS=$work/recordings "$test" >"$work/said" || said=$?
grep -E 'records gone|PASSED|FAILED' "$work/said" || true
((said == 0)) || {
  grep -A 12 ': Failure' "$work/said" | head -n 60 || true
  rm -rf "$top/build/damage-failed"
  cp -r "$work/recordings" "$top/build/damage-failed"
  fail "see the recordings in build/damage-failed"
}
