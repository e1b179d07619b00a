# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For the live tests: $WAKEPATH is the program, $work a directory of the test's own.
set -euo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${WAKEPATH:?the program under test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "failed: $1" >&2; exit 1; }

need_live() {
  local missing=''
  [[ -w /dev/kvm ]] || missing='no /dev/kvm'
  skip_if_missing "$missing"
  need_root_and_btf
}

need_root_and_btf() {
  local missing=''
  ((EUID == 0)) || missing='not root'
  [[ -r /sys/kernel/btf/vmlinux ]] || missing='no BTF'
  skip_if_missing "$missing"
}

skip_if_missing() {
  local missing=$1
  [[ $missing ]] || return 0
  [[ ! ${WAKEPATH_REQUIRE_LIVE:-} ]] || fail "$missing, and live tests are required here"
  echo "skipped: $missing"
  exit 77
}

# Runs a command, and holds its exit code and the one line that it says against what is expected.
expect_error() {  # CODE PATTERN COMMAND...
  local code=$1 pattern=$2 status=0
  shift 2
  "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  ((status == code)) || { cat "$work/stderr" >&2; fail "exit code $status, not $code: $*"; }
  grep -q -- "$pattern" "$work/stderr" || { cat "$work/stderr" >&2; fail "no '$pattern': $*"; }
  ! grep -q -- '^terminate called' "$work/stderr" || fail "ended by an exception: $*"
}

check_output() { python3 "$tests/check_ndjson.py" "$1" && python3 "$tests/expect.py" "$@"; }
