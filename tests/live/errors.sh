#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One clear line and the exit code of the output contract, for each way in which it can't work.
. "$(dirname "$0")/lib.bash"

expect_error 2 'FILE' "$WAKEPATH" replay
expect_error 2 'nosuch' "$WAKEPATH" live --events nosuch
expect_error 2 'nosuch' "$WAKEPATH" live --backend nosuch
expect_error 2 'stats' "$WAKEPATH" live --backend tracefs --stats
expect_error 2 "can't read" "$WAKEPATH" live --fail-on 'p99(nonsense) > 1ms'
expect_error 5 'No such file' "$WAKEPATH" replay "$work/nothing.wkp"
echo 'this is no dump, but a text that is long enough to be taken for one, if one were careless' >"$work/text.wkp"
expect_error 5 'not a wakepath dump' "$WAKEPATH" replay "$work/text.wkp"
need_live

expect_error 2 'web9' "$WAKEPATH" live --vm web9 -d 200ms
expect_error 2 '4095' "$WAKEPATH" live --cpu 4095 -d 200ms
expect_error 6 'No space left' "$WAKEPATH" record --guest irqfd -d 200ms -o /dev/full
expect_error 6 'No such file' "$WAKEPATH" record --guest irqfd -d 200ms -o "$work/no/such/directory.wkp"
chmod 755 "$work"
user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
expect_error 4 'root' "${user[@]}" "$WAKEPATH" live -d 200ms
"${user[@]}" "$WAKEPATH" doctor >"$work/doctor.txt" && fail "doctor says that an ordinary user can capture"
grep -q 'setcap\|root' "$work/doctor.txt" || fail "doctor does not say how to mend it"
# No BTF: an empty file lies over it in a mount namespace of the test's own.
if unshare -m true 2>/dev/null; then
  no_btf='mount -t tmpfs none /sys/kernel/btf'
  expect_error 3 'BTF' unshare -m sh -c "$no_btf && exec '$WAKEPATH' live --backend bpf -d 200ms"
  has_tracefs='{ test -e /sys/kernel/tracing/events || mount -t tracefs none /sys/kernel/tracing; }'
  unshare -m sh -c "$no_btf && $has_tracefs && exec '$WAKEPATH' live --guest irqfd -d 500ms" >"$work/tracefs.txt" 2>&1 ||
    { cat "$work/tracefs.txt" >&2; fail "without BTF it does not capture through tracefs"; }
  grep -q 'captures through tracefs: .*BTF' "$work/tracefs.txt" || fail "it does not say why it is tracefs"
  no_tracefs='{ umount -l -a -t tracefs,debugfs || true; }'
  expect_error 3 'mount -t tracefs' unshare -m sh -c "$no_tracefs && exec '$WAKEPATH' live --backend tracefs -d 200ms"
  expect_error 3 'BTF' unshare -m sh -c "$no_btf && $no_tracefs && exec '$WAKEPATH' live -d 200ms"
fi

"$WAKEPATH" record --guest irqfd -d 500ms -o "$work/a.wkp" 2>/dev/null
expect_error 2 'web9' "$WAKEPATH" replay "$work/a.wkp" --vm web9
expect_error 1 'p50(total_to_sched_in)\|p50(total)' "$WAKEPATH" replay "$work/a.wkp" \
  --fail-on 'p50(total_to_sched_in) > 1ns' --fail-on 'p50(total) > 1ns'
"$WAKEPATH" replay "$work/a.wkp" --fail-on 'lost > 0' --fail-on 'wakes < 10' >/dev/null
head -c 5000 "$work/a.wkp" >"$work/cut.wkp"
expect_error 5 'cut' "$WAKEPATH" replay "$work/cut.wkp"
expect_error 6 '' sh -c "'$WAKEPATH' replay '$work/a.wkp' >/dev/full"

# Ctrl-C ends cleanly, with the summary and a whole dump.
"$WAKEPATH" live --guest irqfd --interval 100ms --save "$work/int.wkp" >"$work/int.txt" &
tracer=$!
until [[ -s $work/int.txt ]]; do
  kill -0 "$tracer" || fail "it ended before it was interrupted"
  sleep 0.1
done
kill -INT "$tracer"
wait "$tracer" || fail "exit code $? after Ctrl-C"
grep -q 'wakes' "$work/int.txt" || fail "no summary after Ctrl-C"
"$WAKEPATH" replay "$work/int.wkp" >/dev/null || fail "the dump of an interrupted capture is not whole"
