#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What becomes of a recording that is killed, has no room, or meets another one. It needs no KVM.
. "$(dirname "$0")/lib.bash"
need_root_and_btf

record() { "$WAKEPATH" record --without-kvm "$@"; }
events_in() { { "$WAKEPATH" info --format ndjson "$1" 2>/dev/null || true; } | sed -n 's/.*"events":\([0-9]*\),.*/\1/p' | tail -1; }
# Until there is something in it; the recorder must live.
has_events() {
  until [[ -s $1 ]] && (($(events_in "$1") > 0)); do
    kill -0 "$2" || fail "the recorder ended"
    sleep 0.05
  done
}

cd "$work"
record -d 200ms -o a.wkp 2>/dev/null
[[ $(stat -c %a a.wkp) == 600 ]] || fail "others may read it"
cp a.wkp a
expect_error 6 --force record -d 200ms -o a.wkp
cmp a a.wkp || fail "it was recorded over"

# While it grows it can be replayed, and is nobody else's.
"$WAKEPATH" record --without-kvm -o grows.wkp 2>/dev/null &
recorder=$!
has_events grows.wkp "$recorder"
for force in '' --force; do
  expect_error 6 'another wakepath writes it' record $force -d 200ms -o grows.wkp
  expect_error 6 'another wakepath writes it' "$WAKEPATH" import $force a.wkp -o grows.wkp
done
expect_error 5 INCOMPLETE "$WAKEPATH" replay grows.wkp
first=$(events_in grows.wkp)
until (($(events_in grows.wkp) > first)); do sleep 0.05; done
kill -INT "$recorder"
wait "$recorder" || fail "exit code $? after Ctrl-C"
"$WAKEPATH" replay grows.wkp >/dev/null || fail "it is not whole after Ctrl-C"
[[ $(echo *) == 'a a.wkp grows.wkp stderr stdout' ]] || fail "files are left: $(echo *)"

# Killed, with --force: the old one is there, and what was recorded.
"$WAKEPATH" record --without-kvm --force -o a.wkp 2>/dev/null &
recorder=$!
until [[ -e a.wkp.old ]]; do
  kill -0 "$recorder" || fail "the recorder ended"
  sleep 0.05
done
has_events a.wkp "$recorder"
cmp a a.wkp.old || fail "the old one is not kept meanwhile"
kill -KILL "$recorder"
wait "$recorder" || true
cmp a a.wkp.old || fail "the old one is lost"
expect_error 5 INCOMPLETE "$WAKEPATH" replay a.wkp
(($(events_in a.wkp) > 0)) || fail "what was recorded is lost"
cp a.wkp killed
expect_error 6 'a.wkp.old is there' record --force -d 200ms -o a.wkp
cmp a.wkp killed || fail "the killed one is lost"
cmp a a.wkp.old || fail "the old one is lost"
mv a.wkp.old a.wkp
record --force -d 200ms -o a.wkp 2>/dev/null
[[ ! -e a.wkp.old ]] || fail "the old one stays"
"$WAKEPATH" replay a.wkp >/dev/null || fail "the new one is not whole"

# A full disk in the middle.
if unshare -m true 2>/dev/null; then
  mkdir small
  # shellcheck disable=SC2016  # for the shell in there
  unshare -m bash -c 'mount -t tmpfs -o size=100k none "$0" && cp a "$0/old.wkp" && cd "$0" &&
    status=0
    "$WAKEPATH" record --without-kvm --events full --force -d 60s -o old.wkp || status=$?
    ((status == 6)) || exit 90
    cmp ../a old.wkp.old || exit 91
    "$WAKEPATH" replay old.wkp >/dev/null && exit 92
    cp old.wkp ../full.wkp' small 2>stderr || { cat stderr; fail "a full disk: $?"; }
  grep -q 'No space left on device; its first [1-9][0-9]* events can be replayed.*; what was there before is .*old.wkp.old' stderr ||
    { cat stderr; fail "it does not say what is left"; }
  (($(events_in full.wkp) > 0)) || fail "nothing is left"
fi

# Into a pipe it is the same, and is shown while it records.
mkfifo piped shown
"$WAKEPATH" record --without-kvm -o - 2>/dev/null >piped &
recorder=$!
"$WAKEPATH" replay --interval 100ms - <piped >shown &
replay=$!
exec 9<shown
for _ in 1 2 3; do
  line=''
  until [[ $line =~ ^[0-9.]+s\ -\  ]]; do
    IFS= read -r -t 60 line <&9 || fail "no interval is shown while it records"
  done
done
kill -INT "$recorder"
cat <&9 >/dev/null
wait "$recorder" || fail "exit code $? of a recorder into a pipe"
wait "$replay" || fail "exit code $? of the replay of a pipe"
status=0
record -o - 2>stderr | true || status=${PIPESTATUS[0]}
((status == 6)) || fail "exit code $status where nobody reads"
