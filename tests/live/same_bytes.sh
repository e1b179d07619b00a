#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A live run and the replay of its recording print the same, the header's source excepted.
. "$(dirname "$0")/lib.bash"
need_live

"$WAKEPATH" live --guest irqfd -d 1s --format ndjson --save "$work/a.wkp" >"$work/live.ndjson"
"$WAKEPATH" replay "$work/a.wkp" --format ndjson >"$work/replay.ndjson"
grep -q '"type":"wake"' "$work/live.ndjson" || fail "no wake to compare"
sed -i '1s/"source":"live"/"source":"dump"/' "$work/live.ndjson"
cmp "$work/live.ndjson" "$work/replay.ndjson" || fail "NDJSON differs"

for form in --wakes --interval=200ms; do
  "$WAKEPATH" live --guest irqfd -d 1s "$form" --force --save "$work/b.wkp" >"$work/live.txt"
  "$WAKEPATH" replay "$work/b.wkp" "$form" >"$work/replay.txt"
  grep -q 'irqfd_inject' "$work/live.txt" || fail "no wake to compare with $form"
  cmp "$work/live.txt" "$work/replay.txt" || fail "text differs with $form"
done

"$WAKEPATH" record --guest irqfd -d 1s -o "$work/c.wkp" 2>/dev/null
"$WAKEPATH" replay "$work/c.wkp" --format ndjson >"$work/root.ndjson"
chmod 755 "$work"
chmod 644 "$work/c.wkp"
setpriv --reuid=65534 --regid=65534 --clear-groups "$WAKEPATH" replay "$work/c.wkp" --format ndjson >"$work/user.ndjson"
cmp "$work/root.ndjson" "$work/user.ndjson" || fail "an ordinary user's replay differs"
