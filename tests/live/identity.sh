#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# VMs come and go while we trace: two at once whose threads have the same names, one in a PID namespace of its own, one
# that is called as QEMU is. Each wake has the name and the process of its own VM. Then the tracer itself is in a PID
# namespace of its own.
. "$(dirname "$0")/lib.bash"
: "${GUEST_DEMO:?the program that is a guest and nothing else}"
need_live

LONG=600  # seconds; each is ended once it has done its part
started=()
trap 'kill -KILL "${started[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
run() { "$GUEST_DEMO" irqfd 10000 $LONG >/dev/null & started+=($!); }
wakes_of() { grep -c "\"type\":\"wake\".*\"vm_pid\":$1," "$work/a.ndjson" || true; }
until_seen() { until (($(wakes_of "$1") >= 40)); do kill -0 "$tracer" || fail "the tracer ended"; sleep 0.1; done; }  # PID
# The first process of a PID namespace heeds nothing but SIGKILL. Not each of them is a child of this shell.
end() { kill -KILL "$1" 2>/dev/null || true; while kill -0 "$1" 2>/dev/null; do sleep 0.1; done; }  # PID

# The command line and the process's name are as QEMU's.
cp "$GUEST_DEMO" "$work/vmm"
run
first=$!
(exec -a /usr/bin/qemu-system-x86_64 "$work/vmm" irqfd 10000 $LONG 1 -name guest=named,debug-threads=on >/dev/null) &
named=$!
started+=("$named")
"$WAKEPATH" live --format ndjson --save "$work/a.wkp" >"$work/a.ndjson" &
tracer=$!
started+=("$tracer")
until_seen "$first"
until_seen "$named"
end "$named"
run
second=$!
unshare -p -f "$work/vmm" irqfd 10000 $LONG >/dev/null &
until contained=$(pgrep -P $!); do sleep 0.1; done
started+=("$contained")
until_seen "$second"
until_seen "$contained"
end "$second"
end "$contained"
(exec -a qemu "$work/vmm" irqfd 10000 $LONG 1 -name again >/dev/null) &
again=$!
started+=("$again")
until_seen "$again"
kill -INT "$tracer"
wait "$tracer"
end "$again"
end "$first"

python3 "$tests/check_ndjson.py" "$work/a.ndjson"
python3 - "$work/a.ndjson" "$first" "$second" "$contained" "$named" "$again" <<'PYTHON'
import collections
import json
import sys

path, *pids = sys.argv[1:]
first, second, contained, named, again = map(int, pids)
expected = {first: "guest_demo", second: f"guest_demo (pid {second})", contained: "vmm", named: "named", again: "again"}
seen = collections.defaultdict(collections.Counter)
for line in map(json.loads, open(path, encoding="utf-8")):
    if line["type"] == "wake":
        seen[line["vm_pid"]][line["vm"]] += 1
        assert line["vcpu"] == 0, line
for pid, name in expected.items():
    wakes = seen.pop(pid, {})
    assert list(wakes) == [name], f"process {pid} is {name}, and was called {dict(wakes)}"
    assert wakes[name] >= 40, f"{name}: only {wakes[name]} wakes"
assert not seen, f"there were no other VMs: {dict(seen)}"
PYTHON
"$WAKEPATH" info "$work/a.wkp" >"$work/info.txt"
grep -q named "$work/info.txt" || fail "info does not name the VM"

# Here /proc has other numbers than the kernel: no name is better than another process's.
run
first=$!
unshare -p -f --mount-proc "$WAKEPATH" live --guest irqfd -d 1s --format ndjson >"$work/b.ndjson" 2>"$work/b.err"
grep -q 'another PID namespace' "$work/b.err" || fail "nothing is said of the PID namespace"
python3 - "$work/b.ndjson" "$first" <<'PYTHON'
import json
import sys

wakes = [line for line in map(json.loads, open(sys.argv[1], encoding="utf-8")) if line["type"] == "wake"]
names = {line["vm_pid"]: line["vm"] for line in wakes}
assert names.pop(int(sys.argv[2])) == "guest_demo", names
assert list(names.values()) == ["guest"], names
PYTHON
