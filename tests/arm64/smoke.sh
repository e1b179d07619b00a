#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2016  # it is the guest that expands
# The lab itself: a KVM host with BTF boots; output, exit code and /out come back as they were; a crash leaves its core.
set -euo pipefail

fail() { echo "smoke: $1" >&2; exit 1; }

top=$(cd "$(dirname "$0")/../.." && pwd)
lab=${LAB:-$top/scripts/arm64-lab}
lab_files=${WAKEPATH_LAB_FILES:-$top/build}
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
bytes=$lab_files/lab-out/directory/bytes
[[ $(stat -c %s "$bytes") == 65536 ]] || fail "/out did not come back"
cmp "$work/stdout" "$bytes" || fail "stdout is not what the command wrote"
grep -q $'^to stderr\r$' "$work/stderr" || fail "stderr is not what the command wrote"
grep -Eq '^arm64-lab: linux [0-9][^ ]* \([^ ]+\), 2 CPUs, plain$' "$work/stderr" || fail "the kernel that ran is not named"

status=0
"$lab" --no-build --timeout 1 -- sleep 60 2>"$work/stderr" || status=$?
((status == 125)) || fail "a lab that timed out ended with $status, expected 125"

status=0
"$lab" --no-build -- sh -c 'kill -SEGV $$' 2>"$work/stderr" || status=$?
((status == 139)) || fail "a crash ended with $status, expected 139"
core=$(cd "$top" && realpath "$(sed -n 's/.* left \([^;]*\/lab-core[^;]*\);.*/\1/p' "$work/stderr")")
[[ -f $core && -s $core ]] || { cat "$work/stderr" >&2; fail "the crash left no core"; }
python3 "$top/tests/arm64/foreign_tls.py" "$core" >"$work/tls" && fail "$(cat "$work/tls")"
grep -q 'its own$' "$work/tls" || fail "$(cat "$work/tls")"
python3 - "$core" "$work/foreign" <<'PYTHON'
import struct, sys

core = bytearray(open(sys.argv[1], "rb").read())
tls = core.index(struct.pack("<I", 0x401) + b"LINUX\0")  # NT_ARM_TLS, name
core[tls + 12:tls + 20] = struct.pack("<Q", 0xffff_0000_1000)
open(sys.argv[2], "wb").write(core)
PYTHON
python3 "$top/tests/arm64/foreign_tls.py" "$work/foreign" >/dev/null || fail "another process's thread pointer is not seen"
rm -f "$core"
