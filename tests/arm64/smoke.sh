#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # it is the guest that expands
# The lab itself: a KVM host with BTF boots, and output, exit code and /out come back as they were.
set -euo pipefail

fail() { echo "smoke: $1" >&2; exit 1; }

top=$(cd "$(dirname "$0")/../.." && pwd)
lab=${LAB:-$top/scripts/arm64-lab}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '#!/bin/sh\necho "carried $1"\n' >"$work/carried"
status=0
"$lab" --no-build --with "$work/carried" -- sh -c '
  test -c /dev/kvm || exit 20
  test -s /sys/kernel/btf/vmlinux || exit 21
  test -d /sys/kernel/tracing/events/kvm || exit 22
  test "$1" = "it'\''s \$one argument" || exit 23
  test "$(carried along)" = "carried along" || exit 24
  mkdir /out/directory
  head -c 65536 /dev/urandom >/out/directory/bytes
  printf "to stderr\r\n" >&2
  cat /out/directory/bytes
  exit 7' sh "it's \$one argument" >"$work/stdout" 2>"$work/stderr" || status=$?

((status == 7)) || { cat "$work/stderr" >&2; fail "exit code $status, expected 7"; }
bytes=$top/build/lab-out/directory/bytes
[[ $(stat -c %s "$bytes") == 65536 ]] || fail "/out did not come back"
cmp "$work/stdout" "$bytes" || fail "stdout is not what the command wrote"
grep -q $'^to stderr\r$' "$work/stderr" || fail "stderr is not what the command wrote"
grep -Eq '^arm64-lab: linux [0-9][^ ]* \([^ ]+\), 2 CPUs, plain$' "$work/stderr" || fail "the kernel that ran is not named"

status=0
"$lab" --no-build --timeout 1 -- sleep 60 2>"$work/stderr" || status=$?
((status == 125)) || fail "a lab that timed out ended with $status, expected 125"
