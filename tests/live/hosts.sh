#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hosts on which something is missing, or hidden: captures work, or say what they need. None of it changes the backend.
. "$(dirname "$0")/lib.bash"
need_root_and_btf
unshare -m true 2>/dev/null || skip_if_missing 'no mount namespaces'
"$WAKEPATH" record --without-kvm -d 200ms -o "$work/here.wkp" 2>"$work/here.txt" || skip_if_missing 'no capture'
! grep -q 'tracefs' "$work/here.txt" || skip_if_missing 'no BPF'

# An ordinary user with the two capabilities, who can reach the program and write here.
chmod 755 "$work"
cp "$WAKEPATH" "$work/wakepath"
mkdir "$work/users"
chown 65534:65534 "$work/users"
caps=+bpf,+perfmon
user=(setpriv --reuid=65534 --regid=65534 --clear-groups "--inh-caps=$caps" "--ambient-caps=$caps")

captured() {  # what it said, and what it wrote
  ! grep -q 'tracefs' "$1" || { cat "$1" >&2; fail "it captures through tracefs, and BPF works here"; }
  "$WAKEPATH" replay --format ndjson --fail-on 'lost > 0' "$2" >"$work/replayed.ndjson" || fail "$2 can't be replayed, or lost events"
  python3 "$tests/check_ndjson.py" "$work/replayed.ndjson"
}

# /proc of others is hidden from the user.
unshare -m sh -c 'mount -o remount,hidepid=2 /proc && exec "$@"' sh "${user[@]}" \
  "$work/wakepath" record --without-kvm -d 300ms -o "$work/users/hidden.wkp" 2>"$work/said.txt" ||
  { cat "$work/said.txt" >&2; fail "with hidepid=2 there is no capture"; }
captured "$work/said.txt" "$work/users/hidden.wkp"

# No /proc at all: a line that says so, or a capture; capabilities are known without it.
status=0
unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' sh \
  "$WAKEPATH" record --without-kvm -d 300ms -o "$work/no-proc.wkp" 2>"$work/said.txt" || status=$?
! grep -q 'CAP_BPF' "$work/said.txt" || fail "without /proc it takes root for a user without capabilities"
case $status in
  0) captured "$work/said.txt" "$work/no-proc.wkp" ;;
  3 | 4) grep -q '/proc' "$work/said.txt" || { cat "$work/said.txt" >&2; fail "it does not say that /proc is missing"; } ;;
  *) cat "$work/said.txt" >&2; fail "without /proc: exit code $status" ;;
esac

# Too few open files are raised, or asked for; none of it ends in another backend.
prlimit --nofile=20: "$WAKEPATH" record --without-kvm -d 300ms -o "$work/raised.wkp" 2>"$work/said.txt" ||
  { cat "$work/said.txt" >&2; fail "it does not raise its limit of open files"; }
captured "$work/said.txt" "$work/raised.wkp"
for most in 12 40 100; do
  expect_error 4 'ulimit -n' prlimit "--nofile=$most:$most" "${user[@]}" \
    "$work/wakepath" record --without-kvm -d 300ms -o "$work/users/few.wkp"
  [[ ! -e $work/users/few.wkp ]] || fail "it leaves a recording where it can't capture"
done
