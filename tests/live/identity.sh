#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# VMs that come and go while we trace: two at once whose threads have the same names, one in a PID namespace
# of its own, one that is called as QEMU is; each wake has the name and the process of its own VM. Then the
# tracer itself in a PID namespace of its own.
. "$(dirname "$0")/lib.bash"
: "${GUEST_DEMO:?the program that is a guest and nothing else}"
need_live

run() { "$GUEST_DEMO" irqfd 10000 "$1" >/dev/null & }  # SECONDS

# What the command line and the process say of itself, as QEMU's do.
cp "$GUEST_DEMO" "$work/vmm"
run 9
first=$!
(exec -a /usr/bin/qemu-system-x86_64 "$work/vmm" irqfd 10000 5 1 -name guest=named,debug-threads=on >/dev/null) &
named=$!
"$WAKEPATH" live -d 6s --format ndjson --save "$work/a.wkp" >"$work/a.ndjson" &
tracer=$!
sleep 2.5
run 2
second=$!
unshare -p -f "$work/vmm" irqfd 10000 2 >/dev/null &
sleep 0.3
contained=$(pgrep -P $!)
wait "$second"
(exec -a qemu "$work/vmm" irqfd 10000 0.3 1 -name again >/dev/null) &
wait "$tracer"
kill "$first" 2>/dev/null || true
wait || true

python3 "$tests/check_ndjson.py" "$work/a.ndjson"
python3 - "$work/a.ndjson" "$first" "$second" "$contained" "$named" <<'PYTHON'
import collections
import json
import sys

path, *pids = sys.argv[1:]
first, second, contained, named = map(int, pids)
expected = {first: "guest_demo", second: f"guest_demo (pid {second})", contained: "vmm", named: "named"}
seen = collections.defaultdict(collections.Counter)
for line in map(json.loads, open(path, encoding="utf-8")):
    if line["type"] == "wake":
        seen[line["vm_pid"]][line["vm"]] += 1
        assert line["vcpu"] == 0, line
for pid, name in expected.items():
    wakes = seen.pop(pid, {})
    assert list(wakes) == [name], f"process {pid} is {name}, and was called {dict(wakes)}"
    assert wakes[name] >= 40, f"{name}: only {wakes[name]} wakes"
rest = {name for names in seen.values() for name in names}
assert rest == {"again"}, f"the one that came last: {rest}"
PYTHON
"$WAKEPATH" info "$work/a.wkp" >"$work/info.txt"
grep -q named "$work/info.txt" || fail "info does not name the VM"

# Here /proc has other numbers than the kernel: no name is better than another process's.
run 60
first=$!
trap 'kill "$first" 2>/dev/null || true; rm -rf "$work"' EXIT
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
