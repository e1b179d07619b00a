#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Pieces of real traces, two wakes in each, in the forms that tools print (hosts: arm64 under emulation, and one
# x86_64). Checks replay's output, and that all forms of one run give the same wakes.
set -euo pipefail
cd "$(dirname "$0")/trace-text"
: "${WAKEPATH:?the program under test}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "$*" >&2; exit 1; }

# The wakes of a trace as NDJSON, without the fields that name the form.
wakes() { "$WAKEPATH" replay "$1" --format ndjson 2>"$work/said" | grep '"type":"wake"' || true; }

# FILE, complete wakes of the two, path
expect() {
  wakes "$1" >"$work/wakes"
  python3 - "$work/wakes" "$@" <<'PYTHON' || fail "$1 is not as it should be"
import json, sys
file, name, complete, path = sys.argv[1:]
wakes = [json.loads(line) for line in open(file, encoding="utf-8")]
found = (len(wakes), sum(wake["complete"] for wake in wakes), {wake["path"] for wake in wakes})
if found != (2, int(complete), {path}):
    sys.exit(f"{name}: {found}")
PYTHON
}

expect ftrace-4.14.txt 2 'timer(kvm_timer_expire)>work(kvm_timer_inject_irq_work)>vcpu'
expect ftrace-6.1-kworker.txt 1 'timer(timerfd_tmrproc)>work(aio_poll_put_work)>vcpu' # armed before
expect ftrace-6.18-x86.txt 0 'timer(pit_timer_fn)>work(pit_do_work)>vcpu' # kvm_entry does not fire there
expect latency.txt 0 'timer(kvm_bg_timer_expire)>vcpu' # times from the trace's begin: no expiry
expect counter.txt 0 'timer(kvm_bg_timer_expire)>vcpu' # no times
expect trace-cmd.txt 2 'timer(kvm_bg_timer_expire)>vcpu'
expect trace-cmd-l.txt 2 'timer(kvm_bg_timer_expire)>vcpu'
expect perf-script.txt 2 'timer(0xffffc4bdf906dd60)>vcpu'

same() {
  wakes "$1" >"$work/one"
  wakes "$2" >"$work/other"
  [[ -s $work/one ]] || fail "$1: no wakes"
  diff "$work/one" "$work/other" >&2 || fail "$1 and $2 are of one run"
}

same trace-cmd.txt trace-cmd-l.txt
# trace_pipe has no header, and a trace may have line ends of Windows.
for file in ftrace-4.14 ftrace-6.1-kworker; do
  grep -v '^#' $file.txt >"$work/pipe.txt"
  same $file.txt "$work/pipe.txt"
  sed 's/$/\r/' $file.txt >"$work/crlf.txt"
  same $file.txt "$work/crlf.txt"
done
# Without the stack that the option stacktrace prints after each event, and with it.
sed 's/: cpu_idle: .*/&\n => do_idle\n => cpu_startup_entry/' ftrace-4.14.txt >"$work/stack.txt"
same ftrace-4.14.txt "$work/stack.txt"

# wakepath reports an unreadable line by its number, uses the rest, and exits with 5.
said() {
  local code=0
  "$WAKEPATH" replay "$1" --interval 0 >"$work/table" 2>"$work/said" || code=$?
  ((code == 5)) || fail "$1: exit code $code"
  grep -qF "$2" "$work/said" || fail "$1: not said: $2; but: $(cat "$work/said")"
  grep -q 'wakes  *2:' "$work/table" || fail "$1: the rest is not used"
}
sed '$s/.$//' ftrace-4.14.txt | head -c -1 >"$work/cut.txt"
said "$work/cut.txt" "line 104: the file ends inside it"
sed '15s/^/\x01\x1b[31m /;16s/.*/hello/' ftrace-4.14.txt >"$work/damaged.txt"
said "$work/damaged.txt" 'line 15: no event can be read ("\x01\x1b[31m '
{ cat ftrace-4.14.txt; sed -n '20,30p' ftrace-4.14.txt; } >"$work/again.txt"
said "$work/again.txt" 'line 105: time steps back'

printf '# tracer: nop\n#\n106 1 3408149792 type: 101\n' >"$work/raw.txt"
code=0
"$WAKEPATH" replay "$work/raw.txt" >/dev/null 2>"$work/said" || code=$?
((code == 5)) || fail "raw: exit code $code"
grep -q "options/raw" "$work/said" || fail "raw: $(cat "$work/said")"
